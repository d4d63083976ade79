import { SegmentedMessage } from 'sms-segments-calculator';

/**
 * How many text messages (SMS segments) a text needs, and whether a letter in it forces the short kind
 * (UCS-2: 70 letters, then 67 each, instead of 160 and 153). An empty text needs none.
 */
export function smsSegments(text: string): { count: number; special: boolean } {
  if (text === '') return { count: 0, special: false };
  const message = new SegmentedMessage(text);
  return { count: message.segmentsCount, special: message.encodingName === 'UCS-2' };
}
