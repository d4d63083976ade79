import { isNode, LineCounter, parseDocument, visit } from 'yaml';
import { z } from 'zod';

export const NATIONS = ['england', 'wales', 'scotland', 'northernIreland'] as const;
export type Nation = (typeof NATIONS)[number];

/** What a contact is for. A flow names these in `contacts.open`; a word outside this list is a mistake. */
export const CONTACT_KINDS = [
  'emergency',
  'talk',
  'runaway',
  'basics',
  'suicide',
  'police',
  'medical',
  'rail',
  'abuse',
  'forcedMarriage',
  'honour',
  'exploitation',
  'care',
] as const;

const TIME_ZONE = 'Europe/London';
/** In the order of ISO weekdays: Monday is 1. */
const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
/** Monday to Sunday and the days that touch it, so that a week without a gap is seen to have none. */
const DAYS_AHEAD = 8;

const openingWindow = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$/);
const openingHours = z.union([
  z.enum(['any', 'unknown']),
  z.strictObject({
    mon: z.array(openingWindow).optional(),
    tue: z.array(openingWindow).optional(),
    wed: z.array(openingWindow).optional(),
    thu: z.array(openingWindow).optional(),
    fri: z.array(openingWindow).optional(),
    sat: z.array(openingWindow).optional(),
    sun: z.array(openingWindow).optional(),
  }),
]);
const dialled = z.string().regex(/^\d[\d ]*\d$/);

const contactRow = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/),
    name: z.string().trim().min(1),
    nations: z.array(z.enum(NATIONS)).min(1),
    for: z.array(z.enum(CONTACT_KINDS)).min(1),
    ages: z.strictObject({ min: z.int().optional(), max: z.int().optional() }).optional(),
    call: dialled.optional(),
    text: z.strictObject({ to: dialled, say: z.string().trim().min(1).optional() }).optional(),
    hours: openingHours,
    free: z.enum(['yes', 'no', 'unknown']),
    source: z.string().trim().min(1),
    verified_at: z.iso.date().nullable(),
    note: z.string().optional(),
  })
  .refine(row => row.call !== undefined || row.text !== undefined, { path: ['call'], error: 'call or text' })
  .refine(row => !/memory/i.test(row.source), { path: ['source'], error: 'memory' });

const contactFile = z.array(contactRow).superRefine((rows, context) => {
  for (const [at, row] of rows.entries()) {
    if (rows.findIndex(other => other.id === row.id) !== at) {
      context.addIssue({ code: 'custom', path: [at, 'id'], message: 'duplicate id' });
    }
  }
});

/** One service that a young person can ring or text: a row of `locales/contacts.yaml`. */
export type Contact = z.infer<typeof contactRow>;
export type ContactProblem = { file: string; line: number; message: string };
export type ParsedContacts =
  | { contacts: Contact[]; problems: [] }
  | { contacts: []; problems: ContactProblem[] };

/**
 * Reads `locales/contacts.yaml` (YAML 1.2 core, a list of rows; anchors, tags and unknown fields are refused).
 * Takes the text and the file name to report. Returns every row, or every problem with its line and no row
 * at all: a list with one bad row is not shown in part, because nobody would see what is missing.
 * A row with no source, or whose source is memory, is refused. Never throws.
 */
export function parseContacts(source: string, file: string): ParsedContacts {
  const lines = new LineCounter();
  const document = parseDocument(source, {
    version: '1.2',
    schema: 'core',
    uniqueKeys: true,
    lineCounter: lines,
  });
  const problems: ContactProblem[] = [];
  const report = (offset: number, message: string) =>
    problems.push({ file, line: lines.linePos(offset).line, message });

  for (const error of [...document.errors, ...document.warnings]) report(error.pos[0], error.code);
  visit(document, {
    Alias: (_, node) => void report(node.range?.[0] ?? 0, 'alias'),
    Node: (_, node) => {
      if ('anchor' in node && node.anchor) report(node.range?.[0] ?? 0, 'anchor');
      if (node.tag !== undefined) report(node.range?.[0] ?? 0, 'tag');
    },
  });
  if (problems.length > 0) return { contacts: [], problems };

  const parsed = contactFile.safeParse(document.toJS());
  if (parsed.success) return { contacts: parsed.data, problems: [] };
  for (const issue of parsed.error.issues) {
    report(offsetOf(document, issue.path), `${issue.path.join('.')}: ${issue.message}`);
  }
  return { contacts: [], problems };
}

/** Where in the file the nearest thing to this path stands: a missing field has no place, its row has. */
function offsetOf(document: ReturnType<typeof parseDocument>, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

/** What a young person is looking for. What is not known is left out and then hides nothing. */
export type Wanted = { kinds?: readonly string[]; nation?: Nation; age?: number };

/**
 * The contacts that are open at `now` (UTC ms; opening hours are read in Europe/London) and fit what is wanted.
 * Unknown hours are never open. Neither nation nor age ever hides an emergency number. Emergency numbers come
 * first when they are asked for (or when no kind is named); the rest keeps the order of the file.
 */
export function openContacts(contacts: readonly Contact[], now: number, wanted: Wanted): Contact[] {
  const open = contacts.filter(contact => fits(contact, wanted) && isOpen(contact, now));
  const emergencyFirst = wanted.kinds === undefined || wanted.kinds.includes('emergency');
  if (!emergencyFirst) return open;
  return [...open.filter(isEmergency), ...open.filter(contact => !isEmergency(contact))];
}

/**
 * When a contact that is open at `now` (UTC ms) next closes, in UTC ms.
 * Null when it is not open, or when it does not close within a week.
 */
export function closesAt(contact: Contact, now: number): number | null {
  const windows = windowsAround(contact, now);
  const closes = windows.filter(covers(now)).map(window => window.closes);
  if (closes.length === 0) return null;
  let end = Math.max(...closes);
  for (const window of windows) if (window.opens <= end && window.closes > end) end = window.closes;
  return end - now > 7 * 24 * 60 * 60 * 1000 ? null : end;
}

function isEmergency(contact: Contact): boolean {
  return contact.for.includes('emergency');
}

function fits(contact: Contact, { kinds, nation, age }: Wanted): boolean {
  if (kinds !== undefined && !contact.for.some(kind => kinds.includes(kind))) return false;
  if (isEmergency(contact)) return true;
  if (nation !== undefined && !contact.nations.includes(nation)) return false;
  if (age === undefined) return true;
  return age >= (contact.ages?.min ?? 0) && age <= (contact.ages?.max ?? Number.POSITIVE_INFINITY);
}

function isOpen(contact: Contact, now: number): boolean {
  return contact.hours === 'any' || windowsAround(contact, now).some(covers(now));
}

type Opening = { opens: number; closes: number };

function covers(now: number) {
  return (window: Opening) => window.opens <= now && now < window.closes;
}

/** The opening windows from the day before `now` (one of them may run past midnight) to a week after it. */
function windowsAround({ hours }: Contact, now: number): Opening[] {
  if (hours === 'any' || hours === 'unknown') return [];
  const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(TIME_ZONE).toPlainDate();
  const windows: Opening[] = [];
  for (let day = -1; day <= DAYS_AHEAD; day++) {
    const date = today.add({ days: day });
    const weekday = WEEKDAYS[date.dayOfWeek - 1];
    for (const hoursOfDay of (weekday && hours[weekday]) ?? []) windows.push(windowOn(date, hoursOfDay));
  }
  return windows.sort((a, b) => a.opens - b.opens);
}

/**
 * "22:00-02:00" on a date. When the clocks change, an hour that comes twice or never is read the careful way:
 * open from the later reading, closed from the earlier one, so that nobody is sent to a line that does not answer.
 */
function windowOn(date: Temporal.PlainDate, hoursOfDay: string): Opening {
  const [opens = '', closes = ''] = hoursOfDay.split('-');
  const nextDay = closes === '24:00' || closes <= opens;
  const closingDate = nextDay ? date.add({ days: 1 }) : date;
  const closingTime = closes === '24:00' ? '00:00' : closes;
  return {
    opens: momentOf(date, opens, 'later'),
    closes: momentOf(closingDate, closingTime, 'earlier'),
  };
}

function momentOf(date: Temporal.PlainDate, time: string, disambiguation: 'earlier' | 'later'): number {
  return date.toPlainDateTime(time).toZonedDateTime(TIME_ZONE, { disambiguation }).epochMilliseconds;
}
