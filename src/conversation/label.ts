/**
 * Short names by which workers speak of a chat ("Heron 42"). None is a first name: a worker may have that.
 */
const NAMES = `
  Alder Aspen Badger Barley Beech Birch Bracken Bramble Burdock Cedar Clover Cowslip Curlew Dunlin Elder Finch
  Foxglove Gorse Hare Harebell Heron Kestrel Lapwing Larch Linnet Maple Moorhen Otter Plover Reed Sedge Sorrel
  Swift Teal Thistle Thrush Wagtail Wheat Yarrow Yew
`
  .trim()
  .split(/\s+/);

/**
 * The name of a conversation, from the random part of its id (a UUID, version 7) and never from anything that the
 * young person wrote. It is not unique: the desk always goes by the id.
 */
export function labelOf(id: string): string {
  const random = Number.parseInt(id.replaceAll('-', '').slice(-8), 16);
  return `${NAMES[random % NAMES.length]} ${10 + (Math.floor(random / NAMES.length) % 90)}`;
}
