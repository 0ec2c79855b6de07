import { mostWords } from './shapes.ts'

/** What somebody typed, by what it can be. */
export interface Sought {
  /** As typed, each once, at most `mostWords`. */
  words: string[]
  /** Typed as an id or GUID (with or without braces and dashes), or its first 8 digits and more: the lowest and highest it can be. They differ where only a beginning was typed. */
  id: { from: string; to: string } | null
}

export function readWords(q: string): Sought {
  const words = [...new Set(q.split(/[\s\p{Z}]+/u).filter((word) => word !== ''))].slice(0, mostWords)
  return { words, id: words.length === 1 ? idOf(words[0]!) : null }
}

function idOf(word: string): Sought['id'] {
  const bare = word.replace(/^\{?|\}?$/g, '').toLowerCase()
  if (!/^[0-9a-f]{8}[0-9a-f-]*$/.test(bare)) return null
  const digits = bare.replaceAll('-', '')
  // dashes only where an id has them: `deadbeef-srv` is a name, and so is `12345678-9`, but that may be both
  if (digits.length > 32 || (bare.includes('-') && !dashed(digits).startsWith(bare.replace(/-$/, '')))) return null
  return { from: dashed(digits.padEnd(32, '0')), to: dashed(digits.padEnd(32, 'f')) }
}

const dashed = (digits: string): string =>
  [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)]
    .filter((part) => part !== '')
    .join('-')

/** What someone types to find a machine by its address: the beginning of one. */
export const looksLikeAddress = (word: string): boolean => /^[0-9a-f]*[.:][0-9a-f.:]*$/i.test(word)

/** Like `vigie.fold` in the database: without case, accents and width. For words that the database does not hold. */
export const folded = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
