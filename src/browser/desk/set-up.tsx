import { type FormEvent, useCallback, useEffect, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { Form } from 'react-aria-components/Form';
import type { InvitationView } from '../../channels/protocol.ts';
import { api } from './api.ts';
import { CodeField, Field, failure, textOf } from './fields.tsx';
import { inFours } from './view.ts';
import { words } from './words.ts';

const w = words.setUp;
const SHORTEST_PASSWORD = 12;

type Props = { token: string; onDone: () => void };

/** What an invitation link opens: choose a password, add the second lock, or look around in trial mode. */
export function SetUp({ token, onDone }: Props) {
  const [view, setView] = useState<InvitationView | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const load = useCallback(async () => {
    setProblem(null);
    const answer = await api.invitation(token);
    if (answer.kind === 'ok') setView(answer.value);
    else setProblem(answer.kind === 'lost' ? words.app.unreachable : answer.refusal.message || w.badHint);
  }, [token]);
  useEffect(() => {
    void load();
  }, [load]);

  if (view !== null) return <Invited token={token} view={view} onDone={onDone} />;
  return (
    <main className="card">
      <h1>{problem === null ? w.title : w.bad}</h1>
      <p role="status">{problem ?? words.app.loading}</p>
      {problem !== null && (
        <div className="buttons">
          <Button onPress={() => void load()}>{words.app.tryAgain}</Button>
          <Button onPress={onDone}>{w.toSignIn}</Button>
        </div>
      )}
    </main>
  );
}

function Invited({ token, view, onDone }: Props & { view: InvitationView }) {
  const [working, setWorking] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  async function accept(body: { password?: string; code?: string }) {
    if (working) return;
    setWorking(true);
    setProblem(null);
    const answer = await api.acceptInvitation({ token, ...body });
    setWorking(false);
    if (answer.kind === 'ok') onDone();
    else setProblem(failure(answer));
  }
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    void accept({ password: textOf(form, 'password'), code: textOf(form, 'code').replaceAll(' ', '') });
  }

  return (
    <main className="card">
      <h1>{w.title}</h1>
      <p>
        {w.hello(view.name)} {w.account(view.email)}
      </p>
      <Form onSubmit={submit}>
        <input type="hidden" name="username" autoComplete="username" value={view.email} readOnly />
        <Field
          name="password"
          type="password"
          label={w.password}
          hint={w.passwordHint}
          autoComplete="new-password"
          validate={value => (value.length < SHORTEST_PASSWORD ? w.passwordShort : null)}
          isRequired
        />
        <h2>{w.second}</h2>
        <p>{w.secondWhy}</p>
        <Secret view={view} />
        <CodeField label={w.code} hint={w.codeHint} />
        <p role="alert" className="error">
          {problem}
        </p>
        <Button type="submit" className="primary">
          {w.submit}
        </Button>
      </Form>
      {view.trial && (
        <div className="trial-door">
          <Button onPress={() => void accept({})}>{w.trial}</Button>
          <p className="hint">{w.trialHint}</p>
        </div>
      )}
    </main>
  );
}

function Secret({ view }: { view: InvitationView }) {
  const [copied, setCopied] = useState<string | null>(null);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(view.totpUri);
      setCopied(w.copied);
    } catch {
      setCopied(w.copyFailed);
    }
  };
  return (
    <dl className="secret">
      <dt>{w.secret}</dt>
      <dd className="key">{inFours(view.totpSecret)}</dd>
      <dt>{w.uri}</dt>
      <dd>
        <code>{view.totpUri}</code>
        <Button onPress={() => void copy()}>{w.copy}</Button>
        <span role="status">{copied}</span>
      </dd>
    </dl>
  );
}
