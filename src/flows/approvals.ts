import { createHash } from 'node:crypto';
import type { Db } from '../database/database.ts';
import { SOURCE_LANGUAGE } from '../words.ts';
import { englishOf } from './bundle.ts';
import type { Flow } from './flow.ts';
import { standings, type Translation } from './translation.ts';

/**
 * Who has read and approved which text. An approval is of one text where it stands, so that any edit un-approves it.
 */

/** One of our texts, where it stands. */
export type Approvable = { language: string; namespace: string; key: string; text: string };

/** Safety texts that nobody has approved: a live service does not start with them. */
export class Unapproved extends Error {
  constructor(texts: Approvable[]) {
    const flows = Map.groupBy(texts, ({ namespace }) => namespace);
    const counts = [...flows].map(([namespace, own]) => `  ${namespace}: ${own.length}`);
    super(
      [
        `Cairn cannot start: ${texts.length} safety texts in English are not approved.`,
        ...counts,
        'Read them with: cairn flows approve --safety. Approve them with: cairn flows approve --safety --by NAME --yes',
      ].join('\n'),
    );
    this.name = 'Unapproved';
  }
}

export type Approvals = {
  /** Safety texts in English that nobody has approved: production does not start with any. */
  unapprovedSafety: Approvable[];
  /** The languages in which every text is translated, current and approved; English always. */
  offered: string[];
};

/** The texts that must be approved: all of the fixed lines, and the steps of flows that carry a mark for it. */
export function safetyTexts(flows: Flow[], service: Record<string, string>): Approvable[] {
  const lines = Object.entries(service).map(([key, text]) => ({ namespace: 'service', key, text }));
  const steps = flows.flatMap(flow => {
    const marked = new Set(flow.steps.filter(({ marks }) => marks.length > 0).map(({ id }) => id));
    return Object.entries(englishOf([flow])[flow.flow] ?? {})
      .filter(([key]) => marked.has(key.split('.')[0] ?? ''))
      .map(([key, text]) => ({ namespace: flow.flow, key, text }));
  });
  return [...lines, ...steps].map(text => ({ language: SOURCE_LANGUAGE, ...text }));
}

/** Every text of a language: English, or a translation as far as it is there. */
export function textsIn(
  language: string,
  flows: Flow[],
  service: Record<string, string>,
  translations: Translation[],
): Approvable[] {
  const english = { service, ...englishOf(flows) };
  const own =
    language === SOURCE_LANGUAGE
      ? Object.entries(english)
      : translations
          .filter(translation => translation.language === language)
          .map(
            ({ namespace, texts }) =>
              [
                namespace,
                Object.fromEntries(Object.entries(texts).map(([key, { text }]) => [key, text])),
              ] as const,
          );
  return own.flatMap(([namespace, texts]) =>
    Object.entries(texts).map(([key, text]) => ({ language, namespace, key, text })),
  );
}

/** Looks up how the texts stand. `flows` and `service` are what is to go live. */
export async function readApprovals(
  db: Db,
  flows: Flow[],
  service: Record<string, string>,
  translations: Translation[],
): Promise<Approvals> {
  const rows = await db.selectFrom('approval').select('hash').execute();
  const approved = new Set(rows.map(row => row.hash));
  const isApproved = (text: Approvable) => approved.has(approvalHash(text));
  const english = { service, ...englishOf(flows) };
  const languages = [...new Set(translations.map(({ language }) => language))];
  const offered = languages.filter(
    language =>
      standings(english, translations, language).every(({ standing }) => standing === 'done') &&
      textsIn(language, flows, service, translations).every(isApproved),
  );
  return {
    unapprovedSafety: safetyTexts(flows, service).filter(text => !isApproved(text)),
    offered: [SOURCE_LANGUAGE, ...offered],
  };
}

/** Approves texts. Approving again changes nothing. @returns how many were not approved before. */
export async function approve(db: Db, texts: Approvable[], by: string, now: number): Promise<number> {
  const rows = texts.map(text => ({
    hash: approvalHash(text),
    language: text.language,
    approved_by: by,
    approved_at: now,
  }));
  let count = 0;
  for (const row of rows) {
    const result = await db
      .insertInto('approval')
      .values(row)
      .onConflict(found => found.doNothing())
      .executeTakeFirst();
    count += Number(result.numInsertedOrUpdatedRows ?? 0n);
  }
  return count;
}

export function approvalHash({ language, namespace, key, text }: Approvable): string {
  return createHash('sha256').update([language, namespace, key, text].join('\n')).digest('hex');
}
