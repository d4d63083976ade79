import type { Severity } from '../channels/protocol.ts';
import { conversationSeverity, remember as rememberRisk } from '../risk/accumulate.ts';
import { type Asked, detect, type Finding, nothing } from '../risk/detect.ts';
import { SOURCE_LANGUAGE } from '../words.ts';
import { doAlways } from './always.ts';
import { type Always, alwaysWord } from './always-words.ts';
import type { Answer, Conversation, Event, Known } from './conversation.ts';
import { duressSaid, isDuressWord, isUnderDuress, ordinaryAnswer } from './duress.ts';
import { runFlow } from './flow-run.ts';
import { PERSON_CHOICE, RESULT, SKIP } from './options.ts';
import {
  answerByButton,
  answerInWords,
  HOME,
  isAnswer,
  personAsked,
  questionOf,
  WELCOME,
} from './question.ts';
import { bringPerson, sayService, serviceLine, setContact, type Turn } from './turn.ts';

/** The fixed steps at severity 3. */
const EMERGENCY = 'emergency';

/** The button of the page before anything was said. */
const START_CHOICE = 'start';

type Replied = Extract<Event, { type: 'replied' }>;

/**
 * What a young person's message does. Risk is read first, then the words that always work; only then does the
 * flow see it. Whoever brings a person is told who will see it before they type more.
 */
export function replied(turn: Turn, event: Replied): Answer {
  const { conversation, known } = turn;
  const said = event.choice === null ? (event.text ?? '') : labelOf(turn, event.choice);
  const first = conversation.lastSeq === 0;
  conversation.lastSeq += 1;
  const seq = conversation.lastSeq;
  turn.effects.push({
    type: 'hear',
    seq,
    text: said,
    clientId: event.clientId,
    providerId: event.providerId,
  });
  conversation.lastInboundAt = known.now;
  conversation.lastMessageAt = known.now;
  // Whoever writes can be reached: a pause is over, and so is a network that refused them.
  const { reachability } = conversation.contact;
  if (reachability === 'paused' || reachability === 'failed') setContact(turn, { reachability: 'open' });
  if (first) turn.effects.push({ type: 'tellDesk', kind: 'arrived' });

  // A button's words are ours, not theirs: what pressing it means is for the flow to say.
  const finding = event.choice === null ? readRisk(turn, said) : nothing(known.lexicon);
  if (event.choice === null && isDuressWord(conversation, said)) {
    duressSaid(turn);
    return { ok: true, seq };
  }
  const always = alwaysMeant(turn, event);
  if (always && always !== 'person') {
    raiseIfRisky(turn, finding);
    const done = doAlways(turn, always);
    if (first && always.startsWith('language.')) runFlow(turn, { enter: WELCOME });
    return { ok: true, seq, ...done };
  }
  if (isUnderDuress(conversation) && conversation.state !== 'withWorker') {
    onlyPeopleAnswer(turn, finding, true);
    ordinaryAnswer(turn);
    return { ok: true, seq };
  }
  if (conversation.state === 'withWorker' || mustNotText(turn)) {
    onlyPeopleAnswer(turn, finding);
    return { ok: true, seq };
  }
  const raised = raiseIfRisky(turn, finding);
  if (raised === 3 && conversation.place?.flow !== EMERGENCY) breakIn(turn, first);
  else if (always === 'person' || finding.wantsHuman) personAsked(turn);
  else if (first) runFlow(turn, { enter: WELCOME });
  else if (event.choice !== null) answerByButton(turn, event.choice);
  else answerInWords(turn, said, finding, raised > 0);
  if (conversation.state === 'waiting' && raised === 0)
    turn.effects.push({ type: 'tellDesk', kind: 'message' });
  return { ok: true, seq, ...(turn.deletes ? doAlways(turn, 'delete') : {}) };
}

/** The word that always works, as it was written or pressed. */
function alwaysMeant(turn: Turn, { choice, text }: Replied): Always | null {
  const { known } = turn;
  if (choice === null) {
    const word = alwaysWord(text ?? '', known.bundle.words);
    // "Welsh" may be the answer to what was asked.
    return word?.startsWith('language.') && isAnswer(turn, text ?? '') ? null : word;
  }
  if (choice === PERSON_CHOICE) return 'person';
  const language = /^language\.(\w+)$/.exec(choice)?.[1];
  return language && known.bundle.words.languages.includes(language) ? `language.${language}` : null;
}

/** Whether this phone is one that only a worker may text: after STOP, when it is watched, or when they said never. */
function mustNotText({ conversation: { channel, contact } }: Turn): boolean {
  return (
    channel === 'sms' &&
    (contact.reachability === 'stopped' ||
      contact.reachability === 'watched' ||
      contact.safeToText === 'never')
  );
}

/** The words on a button, for the transcript. Buttons of earlier questions keep their words. */
function labelOf(turn: Turn, value: string): string {
  const { conversation, known } = turn;
  if (value === PERSON_CHOICE) return serviceLine(turn, 'choice.person');
  if (value === START_CHOICE) return serviceLine(turn, 'page.start');
  const { words } = known.bundle;
  const [flow = '', step = '', choice = ''] = partsOf(value);
  if (flow === 'language' && words.languages.includes(step))
    return words.text('service', 'language.name', step);
  if (choice === SKIP) return serviceLine(turn, 'choice.skip');
  if (choice.startsWith(RESULT)) {
    const found = Object.values(conversation.results).flat();
    return found.find(({ id }) => choice === `${RESULT}${id}`)?.label ?? serviceLine(turn, 'choice.unknown');
  }
  const key = `${step}.choices.${choice}`;
  return words.has(flow, key)
    ? words.text(flow, key, conversation.language)
    : serviceLine(turn, 'choice.unknown');
}

/** `flow.step.choice` of a button; the id of a result may hold dots. */
export function partsOf(value: string): string[] {
  const [flow = '', step = '', ...rest] = value.split('.');
  return [flow, step, rest.join('.')];
}

/** After a danger at 3, silence says something too: the desk is told. */
const SILENT_MS = 10 * 60_000;

function expectMore({ effects, known }: Turn): void {
  const event = { for: 'silence', event: 'silence' } as const;
  effects.push({ type: 'setTimer', name: 'silence', dueAt: known.now + SILENT_MS, event });
}

/** The open question, where its author said what kind of answer it expects. */
function askedBefore(turn: Turn): Asked | null {
  const step = questionOf(turn);
  const { conversation, known } = turn;
  if (!step?.kind.expects || !conversation.place) return null;
  const question = known.bundle.words.text(conversation.place.flow, `${step.id}.ask`, SOURCE_LANGUAGE);
  return { expects: step.kind.expects, question };
}

function readRisk(turn: Turn, said: string): Finding {
  const { conversation, known } = turn;
  const asked = askedBefore(turn);
  const message = { text: said, at: known.now, ...(asked && { asked }) };
  const finding = detect(known.lexicon, conversation.riskMemory, message);
  conversation.riskMemory = rememberRisk(conversation.riskMemory, finding, message);
  const severity = Math.max(
    conversation.severity,
    finding.severity,
    conversationSeverity(conversation.riskMemory),
  );
  conversation.severity = severity === 3 ? 3 : severity === 2 ? 2 : severity === 1 ? 1 : 0;
  if (conversation.severity === 3 && conversation.state !== 'withWorker') expectMore(turn);
  // Somebody else reads this phone: from here on nothing goes to it but what a worker has decided.
  if (finding.channelUnsafe) setContact(turn, { reachability: 'watched' });
  return finding;
}

/**
 * Puts the conversation in the queue when the message says more than the open alerts already do, and says so.
 * @returns the level raised (2 or 3), or 0.
 */
function raiseIfRisky(turn: Turn, finding: Finding, silently = false): 0 | 2 | 3 {
  const { conversation, known } = turn;
  const level = levelOf(turn, finding);
  if (level < 2) return 0;
  const already = known.openAlerts
    .filter(alert => alert.severity >= level)
    .flatMap(alert => alert.categories);
  const { categories, evidence } = finding;
  if (categories.every(category => already.includes(category))) {
    turn.effects.push({ type: 'addToAlert', severity: level, categories, evidence });
    return 0;
  }
  turn.effects.push({ type: 'raiseAlert', severity: level, categories, evidence });
  const isNew = bringPerson(turn);
  if (silently || conversation.state === 'withWorker') return 0;
  // At 3 the fixed emergency steps say all of this themselves.
  if (level === 3) return 3;
  if (isNew) sayService(turn, known.onDuty ? 'waiting.risk' : 'waiting.nobody');
  return 2;
}

/** Weak signs that have added up bring a person too: once, by the message that made them enough. */
function levelOf({ conversation, known }: Turn, finding: Finding): Severity {
  const added = conversationSeverity(conversation.riskMemory);
  const enough = added >= 2 && finding.evidence.length > 0 && known.openAlerts.length === 0;
  return finding.severity < 2 && enough ? 2 : finding.severity;
}

/** Pauses the flow for the fixed emergency steps; it is resumed when asked. */
function breakIn(turn: Turn, first: boolean): void {
  const { conversation, known } = turn;
  const welcome = { flow: WELCOME, step: known.bundle.flows.get(WELCOME)?.flow.start ?? HOME.step };
  // Whoever has not been told who we are, and the limits, is told then.
  const back = conversation.place ?? (first ? welcome : HOME);
  conversation.returns = [...conversation.returns, { ...back, then: 'again' }];
  runFlow(turn, { enter: EMERGENCY });
}

/** A worker has the chat, or texts were stopped: the message is kept and the desk told; the bot says nothing. */
function onlyPeopleAnswer(turn: Turn, finding: Finding, silently = false): void {
  const { conversation, known } = turn;
  const raised = raiseIfRisky(turn, finding, silently);
  if (conversation.state === 'withWorker') conversation.waitingSince ??= known.now;
  if (conversation.state === 'bot') bringPerson(turn);
  else if (raised === 0) turn.effects.push({ type: 'tellDesk', kind: 'message' });
}

/** So long after its last message, in ms, a text joins its number's conversation. */
const SAME_CONVERSATION_MS = 24 * 3_600_000;

/** Whether a text from its number belongs to this conversation, or begins another (DESIGN section 4). */
export function takesMoreTexts(
  { state, lastMessageAt }: Conversation,
  openAlerts: Known['openAlerts'],
  now: number,
): boolean {
  return state !== 'closed' && (openAlerts.length > 0 || now - lastMessageAt <= SAME_CONVERSATION_MS);
}

/** A conversation as it is before anything was said. */
export function newConversation(
  seed: Pick<Conversation, 'id' | 'channel' | 'language' | 'bundle' | 'startedAt' | 'riskMemory'>,
): Conversation {
  return {
    ...seed,
    place: null,
    misses: 0,
    state: 'bot',
    severity: 0,
    ownerId: null,
    epoch: 0,
    rev: 0,
    lastSeq: 0,
    lastInboundAt: seed.startedAt,
    lastMessageAt: seed.startedAt,
    waitingSince: null,
    askedForPersonAt: null,
    hiddenAt: null,
    slots: {},
    returns: [],
    trail: [],
    results: {},
    contact: { reachability: 'open', safeToText: 'unknown', safeBetween: null, quietUntil: null },
  };
}
