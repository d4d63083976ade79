/**
 * Words that put the blame on a child, and promises that nobody can keep (domain.md (e) 8 and 9). English only.
 * What is found is a warning: somebody must look at it, because a sentence around it may make it right.
 */

/** A word that blames, and what to say in its place. */
const BLAME: [RegExp, instead: string][] = [
  [/\bstreet-?\s?wise\b/, 'Say what they did to stay alive.'],
  [/\bpromiscu(ous|ity)\b/, 'Say "is being exploited".'],
  [/\btroublesome\b/, 'Say what happened to them.'],
  [/\babscond(s|ed|ing|er|ers)?\b/, 'Say "ran away" or "is missing".'],
  [/\bput(ting|s)? \w+(self|selves) at risk\b/, 'Say who or what is the danger.'],
  [/\blife-?\s?style choices?\b/, 'Say what is being done to them.'],
  [/\bassociat(e|es|ed|ing) with\b/, 'Say "adults have been contacting the child".'],
  [/\bprostitut(e|es|ed|ion)\b/, 'Say "is being exploited".'],
  [/\battention[- ]seek(ing|er|ers|s)?\b/, 'Say "needs help".'],
  [/\b(you|they|he|she) (should|ought to) have (?!(an?|the|some\w*|your|to)\b)/, 'Say what they can do now.'],
];

/** An adult is no boyfriend of a child. Somebody's own boyfriend may be named so. */
const FRIEND = /\b(boy|girl)friends?\b/;
const GROWN = /\b(older|adults?|grown[- ]?ups?|grown|man|men|woman|women)\b/;

/** A promise that nobody can keep. */
const PROMISES: RegExp[] = [
  /\byou(’re|'re| are) (now )?(completely |totally )?safe( now| here| with us)?(?! (now|here)?\s*(to|or|enough)\b)/,
  /\b(we|i) (promise|guarantee|swear)\b/,
  /\b(no one|no-one|nobody)( else)? (will|can|would|is going to)( ever)? (know|see|find|hear|be told)\b/,
  /\bconfidential(ly|ity)?\b/,
  /\b(keep|kept|stays?|is|be|remains?) ((it|this|that|everything|your \w+) )?(completely |totally )?(a )?secret\b/,
  /\b(we|i)( will|’ll|'ll| can)( always)? (find|get|give|have|book) (you )?(a|some|the) (bed|place|room|refuge)\b/,
  /\b(someone|somebody|a (trained )?(person|worker|adult)|help|we|they)( is|’s|'s| are|’re|'re| am) (coming|on (the|their|our) way)\b/,
  /\b(someone|somebody|a (trained )?(person|worker|adult)|help|we)( will|’ll|'ll) (come|be (there|here|with you)|arrive)\b/,
];

/** What turns a promise round when it stands at most three words before it, with no mark between. */
const TURNED =
  /\b(cannot|can't|can’t|never|not|don't|don’t|won't|won’t|nobody|no one|if|when|whether|unless|once|until|say|check)\b(\s+[^\s,.;:!?]+){0,3}\s*$/;

/** Blame in a text: the words that were found, and what to say instead. */
export function blameIn(text: string): { words: string; instead: string }[] {
  const plain = text.toLowerCase();
  const found = BLAME.flatMap(([pattern, instead]) => {
    const words = pattern.exec(plain)?.[0].trim();
    return words ? [{ words, instead }] : [];
  });
  const friend = sentences(plain).find(sentence => GROWN.test(sentence) && FRIEND.test(sentence));
  const words = friend && FRIEND.exec(friend)?.[0];
  return words ? [...found, { words, instead: 'Of an adult, say "an adult" or "somebody older".' }] : found;
}

/** Promises in a text that nobody can keep: the words that were found. A question promises nothing. */
export function promisesIn(text: string): string[] {
  const statements = sentences(text.toLowerCase()).filter(sentence => !sentence.trimEnd().endsWith('?'));
  return statements.flatMap(sentence =>
    PROMISES.flatMap(pattern => {
      const found = pattern.exec(sentence);
      return found && !TURNED.test(sentence.slice(0, found.index)) ? [found[0].trim()] : [];
    }),
  );
}

function sentences(text: string): string[] {
  return text.split(/(?<=[.!?])\s+|\n/);
}
