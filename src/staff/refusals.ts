import type { DeskRefusal } from '../channels/protocol.ts';

/**
 * For every way the desk says no: the HTTP status, and the sentence that is shown unless a place has a better
 * one. A new refusal does not compile until it has both.
 */
export const REFUSALS: Record<DeskRefusal['error'], { status: number; message: string }> = {
  signInFirst: { status: 401, message: 'Please sign in first.' },
  wrongSignIn: {
    status: 401,
    message: 'That e-mail address, password and code do not go together. Please try again with a new code.',
  },
  notAllowed: {
    status: 403,
    message: 'Your role does not allow this. Please ask your manager if you need it.',
  },
  malformed: { status: 400, message: 'The desk could not understand that. Nothing was changed.' },
  notFound: { status: 404, message: 'This cannot be found. It may have been deleted.' },
  takenByOther: { status: 409, message: 'Somebody else has taken this chat.' },
  notYours: { status: 409, message: 'This chat is not yours now. What you wrote was not sent.' },
  closed: { status: 409, message: 'This chat is closed.' },
  stale: {
    status: 409,
    message: 'This chat has changed since you opened it. Please look again before you go on.',
  },
  notSafeToText: { status: 409, message: 'It may not be safe to text this phone now. Nothing was sent.' },
  notOnDuty: { status: 409, message: 'You are not on duty. Please begin your shift first.' },
  notSaved: { status: 503, message: 'This could not be saved. Please try again.' },
  unknownStep: {
    status: 409,
    message: 'The chat cannot be handed back to that step. Please choose another.',
  },
  clientIdReused: {
    status: 409,
    message: 'A different message was already sent under this number. Please write it again.',
  },
};
