import { isIPv4, isIPv6 } from 'node:net'

/**
 * Whose an address is, for limits (R30): an IPv4 address stands for itself, of an IPv6 address its /64, which one customer holds. An IPv4 address written as IPv6 is the same as
 * without. @param address as the configured proxy or the socket says; anything else comes back as it is
 */
export function holderOf(address: string): string {
  const plain = address.replace(/%.*$/, '')
  if (!isIPv6(plain)) return address
  const words = wordsOf(plain)
  const isMapped = words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff
  if (isMapped) return [words[6]! >> 8, words[6]! & 0xff, words[7]! >> 8, words[7]! & 0xff].join('.')
  return `${words
    .slice(0, 4)
    .map((word) => word.toString(16))
    .join(':')}::/64`
}

/** The eight 16-bit words of an IPv6 address. */
function wordsOf(address: string): number[] {
  const tail = address.slice(address.lastIndexOf(':') + 1)
  const text = isIPv4(tail) ? address.slice(0, -tail.length) + hexOf(tail) : address
  const [left = '', right] = text.split('::')
  const head = left === '' ? [] : left.split(':')
  const end = right === undefined || right === '' ? [] : right.split(':')
  return [...head, ...Array<string>(right === undefined ? 0 : 8 - head.length - end.length).fill('0'), ...end].map((word) =>
    parseInt(word, 16),
  )
}
const hexOf = (address: string) => {
  const [a, b, c, d] = address.split('.').map(Number) as [number, number, number, number]
  return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
}
