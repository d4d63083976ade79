import { type FormEvent, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { Form } from 'react-aria-components/Form';
import { api } from './api.ts';
import { CodeField, Field, failure, textOf } from './fields.tsx';
import { words } from './words.ts';

const w = words.signIn;

/** Email, password and code. */
export function SignIn({ onDone }: { onDone: () => Promise<unknown> }) {
  const [working, setWorking] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (working) return;
    const form = new FormData(event.currentTarget);
    setWorking(true);
    setProblem(null);
    const answer = await api.signIn({
      email: textOf(form, 'email').trim(),
      password: textOf(form, 'password'),
      code: textOf(form, 'code').replaceAll(' ', ''),
    });
    if (answer.kind === 'ok') await onDone();
    else setProblem(failure(answer));
    setWorking(false);
  }

  return (
    <main className="card">
      <h1>{words.app.name}</h1>
      <h2>{w.title}</h2>
      <Form onSubmit={event => void submit(event)}>
        <Field name="email" type="email" label={w.email} autoComplete="username" isRequired />
        <Field
          name="password"
          type="password"
          label={w.password}
          autoComplete="current-password"
          isRequired
        />
        <CodeField label={w.code} hint={w.codeHint} />
        <p role="alert" className="error">
          {problem}
        </p>
        <Button type="submit" className="primary">
          {working ? w.working : w.submit}
        </Button>
      </Form>
      <p className="hint">{w.invited}</p>
    </main>
  );
}
