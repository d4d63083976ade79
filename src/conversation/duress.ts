import { DURESS_SLOT, plainWord } from '../flows/actions.ts';
import type { Conversation } from './conversation.ts';
import { bringPerson, sayService, setContact, type Turn } from './turn.ts';

/**
 * A word agreed on beforehand means: I cannot speak freely. Whoever looks over their shoulder sees an ordinary
 * answer; a person is fetched, and from then on nothing on this screen or phone tells of it.
 */

/** Kept with the slots once the word was said. */
const SAID = 'duress_said';

export function isDuressWord({ slots }: Conversation, said: string): boolean {
  const word = slots[DURESS_SLOT];
  return word !== undefined && word !== '' && plainWord(said) === plainWord(word);
}

/** Whether somebody may be looking over their shoulder: then no line tells of a person, a wait or an alert. */
export function isUnderDuress({ slots }: Conversation): boolean {
  return slots[SAID] !== undefined;
}

/** The word was said: an alert at 3, and an ordinary answer. No text follows it. */
export function duressSaid(turn: Turn): void {
  const { conversation, effects } = turn;
  if (!isUnderDuress(conversation)) {
    conversation.slots = { ...conversation.slots, [SAID]: 'yes' };
    conversation.severity = 3;
    effects.push({ type: 'raiseAlert', severity: 3, categories: ['duress'], evidence: [] });
    bringPerson(turn);
  }
  ordinaryAnswer(turn);
  setContact(turn, { reachability: 'watched' });
}

/** A worker has looked and decided that it is over. */
export function endDuress(conversation: Conversation): void {
  const { [SAID]: _, ...kept } = conversation.slots;
  conversation.slots = kept;
}

export function ordinaryAnswer(turn: Turn): void {
  sayService(turn, 'duress.reply');
}
