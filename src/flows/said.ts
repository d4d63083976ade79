import type { ReadFlow, Step } from './flow.ts';

/** A text that somebody reads: where it stands in its flow, and how it travels. */
export type Said = {
  /** As {@link textsOf} of words.ts names it. */
  key: string;
  step: Step;
  what: 'say' | 'ask' | 'label';
  text: string;
  /** A text that has other words for SMS goes to the web only, and those words go by SMS only. */
  goesTo: 'both' | 'web' | 'sms';
  /** Where it stands in the file, for `lineOf`. */
  path: (string | number)[];
};

/** Every text of a flow that somebody reads, in the order of the file. Words that are only understood are left out. */
export function saidIn({ flow }: Pick<ReadFlow, 'flow'>): Said[] {
  return flow.steps.flatMap(step => [...saysOf(step), ...askOf(step), ...labelsOf(step)]);
}

function saysOf(step: Step): Said[] {
  const { id, say, sms } = step;
  const shared = { step, what: 'say' } as const;
  const onWeb = say.map((text, i): Said => {
    const path = ['steps', id, 'say', i];
    return { ...shared, key: `${id}.say.${i}`, text, path, goesTo: sms.say ? 'web' : 'both' };
  });
  const bySms = (sms.say ?? []).map((text, i): Said => {
    const path = ['steps', id, 'sms', 'say', i];
    return { ...shared, key: `${id}.say_sms.${i}`, text, path, goesTo: 'sms' };
  });
  return [...onWeb, ...bySms];
}

function askOf(step: Step): Said[] {
  const { id, kind, sms } = step;
  if (kind.kind !== 'ask') return [];
  const shared = { step, what: 'ask' } as const;
  const path = ['steps', id, 'ask'];
  const onWeb = { ...shared, key: `${id}.ask`, text: kind.ask, path };
  if (sms.ask === null) return [{ ...onWeb, goesTo: 'both' }];
  const bySms = { ...shared, key: `${id}.ask_sms`, text: sms.ask, path: ['steps', id, 'sms', 'ask'] };
  return [
    { ...onWeb, goesTo: 'web' },
    { ...bySms, goesTo: 'sms' },
  ];
}

/** The labels that are shown: what is only understood, nobody reads. */
function labelsOf(step: Step): Said[] {
  const { id, kind, sms } = step;
  if (kind.kind !== 'ask') return [];
  const shown = kind.choices.filter(choice => choice.shown);
  return shown.flatMap((choice): Said[] => {
    const shared = { step, what: 'label' } as const;
    const path = ['steps', id, 'choices', choice.id, 'label'];
    const onWeb = { ...shared, key: `${id}.choices.${choice.id}`, text: choice.label, path };
    const text = Object.hasOwn(sms.choices, choice.id) ? sms.choices[choice.id] : undefined;
    if (text === undefined) return [{ ...onWeb, goesTo: 'both' }];
    const bySms = {
      key: `${id}.choices_sms.${choice.id}`,
      text,
      path: ['steps', id, 'sms', 'choices', choice.id],
    };
    return [
      { ...onWeb, goesTo: 'web' },
      { ...shared, ...bySms, goesTo: 'sms' },
    ];
  });
}
