import type {
  AcceptInvitationBody,
  ClaimBody,
  CloseBody,
  DeskConversation,
  DeskRefusal,
  DeskView,
  HandBackBody,
  InvitationView,
  Me,
  NeutralLineBody,
  SignInBody,
  WorkerMessageBody,
} from '../../channels/protocol.ts';

/**
 * What came of asking the server. A refusal is an answer, not an exception; `lost` means that nobody
 * knows whether the server acted (no answer, 408, 429 or 5xx), so the same request may be made again; its
 * `message` is the server's sentence if there was one, else ''.
 */
export type Answer<T> =
  | { kind: 'ok'; value: T }
  | { kind: 'refused'; status: number; refusal: DeskRefusal }
  | { kind: 'lost'; message: string };

const TIMEOUT_MS = 15_000;

function isRefusal(body: unknown): body is DeskRefusal {
  return typeof body === 'object' && body !== null && 'error' in body && 'message' in body;
}

async function refusal(response: Response): Promise<DeskRefusal> {
  const body: unknown = await response.json().catch(() => null);
  if (isRefusal(body)) return body;
  return { error: response.status === 401 ? 'signInFirst' : 'malformed', message: '' };
}

async function request(method: string, path: string, body?: object): Promise<Response | null> {
  const write =
    method === 'GET'
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body ?? {}) };
  try {
    return await fetch(`/api${path}`, {
      method,
      cache: 'no-store',
      credentials: 'same-origin',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...write,
    });
  } catch {
    return null;
  }
}

async function ask<T>(method: string, path: string, body?: object): Promise<Answer<T>> {
  const response = await request(method, path, body);
  if (response === null) return { kind: 'lost', message: '' };
  if (response.status >= 500 || response.status === 408 || response.status === 429) {
    return { kind: 'lost', message: (await refusal(response)).message };
  }
  if (!response.ok) return { kind: 'refused', status: response.status, refusal: await refusal(response) };
  try {
    const value: T = response.status === 204 ? undefined : await response.json();
    return { kind: 'ok', value };
  } catch {
    return { kind: 'lost', message: '' };
  }
}

/** The requests that the desk makes; each gives an `Answer`, and none throws. */
export const api = {
  me: () => ask<Me>('GET', '/me'),
  signIn: (body: SignInBody) => ask<void>('POST', '/session', body),
  signOut: () => ask<void>('DELETE', '/session'),
  invitation: (token: string) => ask<InvitationView>('POST', '/invitation', { token }),
  acceptInvitation: (body: AcceptInvitationBody) => ask<void>('POST', '/invitation/accept', body),
  startShift: () => ask<void>('POST', '/shift'),
  endShift: () => ask<void>('DELETE', '/shift'),
  desk: () => ask<DeskView>('GET', '/desk'),
  conversation: (id: string, after: number) => ask<DeskConversation>('GET', `${about(id)}?after=${after}`),
  claim: (id: string, body: ClaimBody) => ask<{ epoch: number }>('POST', `${about(id)}/claim`, body),
  say: (id: string, body: WorkerMessageBody) => ask<{ seq: number }>('POST', `${about(id)}/messages`, body),
  neutralLine: (id: string, body: NeutralLineBody) =>
    ask<{ seq: number }>('POST', `${about(id)}/neutral-line`, body),
  handBack: (id: string, body: HandBackBody) => ask<void>('POST', `${about(id)}/hand-back`, body),
  close: (id: string, body: CloseBody) => ask<void>('POST', `${about(id)}/closure`, body),
};

function about(id: string): string {
  return `/conversations/${encodeURIComponent(id)}`;
}
