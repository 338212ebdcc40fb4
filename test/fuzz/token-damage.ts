import { type Genuine, open, type Vectors } from './token-forge.ts';

/** Tokens of the wrong number of parts, cut, padded, and with each of their characters changed. */
export function damaged({ token }: Genuine): Vectors {
  const { head, body, signature } = open(token);
  const flip = (part: string, at: number) => `${part.slice(0, at)}${part[at] === 'A' ? 'B' : 'A'}${part.slice(at + 1)}`;
  const changed = ([part, make]: [string, (text: string) => string]): Vectors =>
    Array.from(part, (_, at) => [`character ${at} of ${part.length} changed`, make(flip(part, at))]);
  return [
    ['no signature', `${head}.${body}.`],
    ['two parts', `${head}.${body}`],
    ['four parts', `${token}.${signature}`],
    ['five parts', `${token}.${body}.${signature}`],
    ['one part', head],
    ['nothing but points', '..'],
    ['signature cut short', token.slice(0, -5)],
    ['signature twice', `${token}${signature}`],
    ['padding', `${token}=`],
    ['standard base64', `${head}.${body}.${signature.replace(/[-_]/g, '+')}+/`],
    ['a space inside', `${head}. ${body}.${signature}`],
    ['parts swapped', `${body}.${head}.${signature}`],
    ['no token', 'undefined'],
    ...changed([head, (text) => `${text}.${body}.${signature}`]),
    ...changed([body, (text) => `${head}.${text}.${signature}`]),
    ...changed([signature, (text) => `${head}.${body}.${text}`]),
  ];
}
