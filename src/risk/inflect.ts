/** The forms of an English word, so that whoever writes a pattern writes `hit+` and not every form of it. Pure. */

/** Present and past forms that do not follow the rules; what is missing is made as for regular verbs. */
const IRREGULAR = `
  am is are was were be been being; bear bore born; beat beaten; become became; begin began begun beginning; bend bent; bet bet betting;
  bite bit bitten; bleed bled; blow blew blown; break broke broken; bring brought; build built; burn burnt; buy bought; catch caught;
  choose chose chosen; come came; cost cost; creep crept; cut cut cutting; deal dealt; dig dug digging; do does did done; draw drew drawn;
  drag drug; dream dreamt; drink drank drunk; drive drove driven; eat ate eaten; fall fell fallen; feed fed; feel felt; fight fought;
  find found; flee fled; fly flew flown; forbid forbade forbidden forbidding; forget forgot forgotten forgetting; forgive forgave forgiven;
  freeze froze frozen; get got gotten getting; give gave given; go goes went gone; grow grew grown; hang hung; have has had; hear heard;
  hide hid hidden; hit hit hitting; hold held; hurt hurt; keep kept; kneel knelt; know knew known; lay laid; lead led; learn learnt;
  leave left; lend lent; let let letting; lie lay lain lying lied; light lit; lose lost; make made; mean meant; meet met; overdose overdosed;
  pay paid; put put putting; quit quit quitting; read; ride rode ridden; ring rang rung; rise rose risen; run ran running; say said;
  see saw seen seeing; seek sought; sell sold; send sent; set set setting; shake shook shaken; shed shed shedding; shoot shot; show shown;
  shut shut shutting; sing sang sung; sink sank sunk; sit sat sitting; sleep slept; slide slid; slit slit slitting; smell smelt;
  sneak snuck; speak spoke spoken; spend spent; spill spilt; spit spat spitting; split split splitting; spread spread; stab stabbed;
  stand stood; steal stole stolen; stick stuck; sting stung; stink stank stunk; strike struck; swallow swallowed; swear swore sworn; sweep swept;
  swell swollen; swim swam swum swimming; swing swung; take took taken; teach taught; tear tore torn; tell told; think thought; throw threw thrown;
  tie tied tying; wake woke woken; wear wore worn; weep wept; win won winning; write wrote written; die died dying; child children; man men;
  woman women; knife knives; life lives; wife wives; foot feet; tooth teeth; mouse mice; person people
`;
const KNOWN = new Map(
  IRREGULAR.split(';').map(line => {
    const [word = '', ...forms] = line.trim().split(/\s+/);
    return [word, forms] as const;
  }),
);
/** Consonant, vowel, consonant at the end: "stop" doubles, "visit" does not, "kidnap" does. */
const DOUBLES = /[^aeiou][aeiou][^aeiouwxy]$/;
const ONE_SYLLABLE = /^[^aeiou]*[aeiou][^aeiou]+$/;

/**
 * Every form of `word` (lower case, in the form of the dictionary): "hit" → hit, hits, hitting; "bruise" → bruise, bruises,
 * bruised, bruising. A form that English does not have does no harm: nobody writes it, or somebody who is still learning does ("taked").
 */
export function formsOf(word: string): string[] {
  const stem = word.replace(/e$/, '');
  const forms = [word, ...(KNOWN.get(word) ?? []), third(word)];
  if (/[^aeiou]y$/.test(word)) forms.push(`${word.slice(0, -1)}ied`, `${word}ing`);
  else if (/ie$/.test(word)) forms.push(`${word}d`, `${word.slice(0, -2)}ying`);
  else if (/(?:ee|oe|ye)$/.test(word)) forms.push(`${word}d`, `${word}ing`);
  else if (!DOUBLES.test(word) || !ONE_SYLLABLE.test(word)) forms.push(`${stem}ed`, `${stem}ing`);
  // Whether a longer word doubles depends on where it is stressed, so both are taken.
  if (DOUBLES.test(word)) forms.push(`${word}${word.at(-1)}ed`, `${word}${word.at(-1)}ing`);
  return [...new Set(forms)];
}

function third(word: string): string {
  if (/(?:s|x|z|ch|sh)$/.test(word)) return `${word}es`;
  return /[^aeiou]y$/.test(word) ? `${word.slice(0, -1)}ies` : `${word}s`;
}
