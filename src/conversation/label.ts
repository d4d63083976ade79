/**
 * A short name by which workers speak of a chat ("Heron 42"). It comes from the random part of the id, never
 * from anything that the young person wrote, and is not unique: the desk always goes by the id.
 */
const NAMES = [
  'Alder',
  'Ash',
  'Aspen',
  'Badger',
  'Beech',
  'Birch',
  'Bramble',
  'Cedar',
  'Clover',
  'Curlew',
  'Dunlin',
  'Elder',
  'Fern',
  'Finch',
  'Gorse',
  'Hare',
  'Hazel',
  'Heather',
  'Heron',
  'Holly',
  'Ivy',
  'Juniper',
  'Lapwing',
  'Lark',
  'Linnet',
  'Maple',
  'Otter',
  'Plover',
  'Poppy',
  'Reed',
  'Robin',
  'Rowan',
  'Sedge',
  'Sorrel',
  'Swift',
  'Teal',
  'Thistle',
  'Willow',
  'Wren',
  'Yarrow',
];

/** @param id a UUID (version 7). */
export function labelOf(id: string): string {
  const random = Number.parseInt(id.replaceAll('-', '').slice(-8), 16);
  return `${NAMES[random % NAMES.length]} ${10 + (Math.floor(random / NAMES.length) % 90)}`;
}
