import type { ReactNode } from 'react';
import {
  FieldError,
  Input,
  Label,
  Text,
  TextField,
  type TextFieldProps,
} from 'react-aria-components/TextField';
import type { Answer } from './api.ts';
import { words } from './words.ts';

/** A labelled box of a form, with an optional line under the label. */
export function Field({ label, hint, ...props }: TextFieldProps & { label: string; hint?: ReactNode }) {
  return (
    <TextField {...props} className="field">
      <Label>{label}</Label>
      {hint !== undefined && (
        <Text slot="description" className="hint">
          {hint}
        </Text>
      )}
      <Input />
      <FieldError className="error" />
    </TextField>
  );
}

/** What to say when signing in or setting up did not work: the server's sentence, or that it did not answer. */
export function failure(answer: Exclude<Answer<void>, { kind: 'ok' }>): string {
  const said = answer.kind === 'lost' ? answer.message : answer.refusal.message;
  return said === '' ? words.signIn.lost : said;
}

/** Six digits from an authenticator app; spaces that people type are taken out when read. */
export function CodeField({ label, hint }: { label: string; hint: string }) {
  return (
    <Field
      name="code"
      label={label}
      hint={hint}
      inputMode="numeric"
      autoComplete="one-time-code"
      pattern="[0-9 ]{6,7}"
      isRequired
    />
  );
}

/** A form's field as text, '' when it is not there. */
export function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value : '';
}
