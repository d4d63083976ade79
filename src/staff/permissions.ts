import type { Role } from '../channels/protocol.ts';

/** What somebody signed in to the desk may do. One name for each thing a person would say they did. */
export type Action =
  | 'self'
  | 'queue.see'
  | 'conversation.open'
  | 'conversation.claim'
  | 'conversation.write'
  | 'conversation.handBack'
  | 'conversation.close'
  | 'shift.keep'
  | 'staff.invite'
  | 'audit.read';

const IS_ROLE: Record<Role, true> = {
  worker: true,
  supervisor: true,
  manager: true,
  safeguarding: true,
  refuge: true,
  interviewer: true,
  editor: true,
  translator: true,
  approver: true,
  auditor: true,
  admin: true,
};

/** Every role there is, in the order of the protocol. */
export const ROLES: readonly Role[] = Object.keys(IS_ROLE).filter(isRole);

const TALKS_WITH_YOUNG_PEOPLE: readonly Role[] = ['worker', 'supervisor', 'safeguarding'];

/**
 * The one table of who may do what. What is not in a row is refused (security.md ST-2). An auditor reads
 * the log and no conversation (ST-11); whoever keeps the machines running reads neither. The list of chats
 * shows no message text, so a manager may see it without opening one.
 */
const ALLOWED: Record<Action, readonly Role[]> = {
  self: ROLES,
  'queue.see': [...TALKS_WITH_YOUNG_PEOPLE, 'manager'],
  'conversation.open': TALKS_WITH_YOUNG_PEOPLE,
  'conversation.claim': TALKS_WITH_YOUNG_PEOPLE,
  'conversation.write': TALKS_WITH_YOUNG_PEOPLE,
  'conversation.handBack': TALKS_WITH_YOUNG_PEOPLE,
  'conversation.close': TALKS_WITH_YOUNG_PEOPLE,
  // "On duty" is said to young people, so it is only for those who can answer them.
  'shift.keep': TALKS_WITH_YOUNG_PEOPLE,
  'staff.invite': ['manager', 'admin'],
  'audit.read': ['auditor'],
};

/** Every action there is. */
export const ACTIONS: readonly Action[] = Object.keys(ALLOWED).filter(isAction);

/** Whether somebody with these roles may do this. Nobody without a role may do anything. */
export function may(roles: readonly Role[], action: Action): boolean {
  return roles.some(role => ALLOWED[action].includes(role));
}

/** Whether a value names an action of the table. */
export function isAction(value: unknown): value is Action {
  return typeof value === 'string' && Object.hasOwn(ALLOWED, value);
}

/** Whether a value names a role. */
export function isRole(value: unknown): value is Role {
  return typeof value === 'string' && Object.hasOwn(IS_ROLE, value);
}

/** Reads the JSON list of a staff or invitation row. A role that this version does not know gives nothing. */
export function rolesFrom(json: string): Role[] {
  const listed: unknown = JSON.parse(json);
  return Array.isArray(listed) ? listed.filter(isRole) : [];
}
