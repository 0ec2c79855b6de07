import { readFileSync } from 'node:fs'

/**
 * What people choose first. Own list of about a thousand roots (decision 9): at twelve characters nobody's password *is* one of the famous ones, it is built from one.
 * Hence roots, and what is hung on them (years, digits, signs, the same again, letters turned into signs), instead of a long list of whole passwords.
 */
const roots = new Set(
  readFileSync(new URL('common-passwords.txt', import.meta.url), 'utf8')
    .split(/\s+/)
    .filter((word) => word.length >= 3),
)
const longestRoot = Math.max(...[...roots].map((word) => word.length))

/** Rows of keyboards and the order of things, both ways. */
const rows = [
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890',
  '1234567890',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'azertyuiop',
  'qsdfghjklm',
  'wxcvbn',
  'qwertzuiop',
  'yxcvbnm',
  '1qaz2wsx3edc4rfv5tgb',
  'qazwsxedcrfvtgb',
]
const walks = rows.flatMap((row) => [row, [...row].reverse().join('')])

const plain = (text: string) => text.toLowerCase().normalize('NFKD').replace(/\p{M}/gu, '')
const signs: Record<string, string> = {
  '@': 'a',
  '4': 'a',
  '3': 'e',
  '1': 'i',
  '!': 'i',
  '0': 'o',
  $: 's',
  '5': 's',
  '7': 't',
  '+': 't',
  '8': 'b',
}
const unsigned = (text: string) => [...text].map((sign) => signs[sign] ?? sign).join('')

/**
 * @param words the person's own: name, address, business
 * @returns true when a guesser who knows the lists, and the person, is soon there: at most two known pieces, and fewer than four letters beside them
 */
export function isCommonPassword(password: string, words: readonly string[]): boolean {
  const own = new Set(words.flatMap((word) => plain(word).split(/[^\p{L}\p{N}]+/u)).filter((word) => word.length >= 3))
  const text = plain(password)
  return isBuiltOfLittle(text, own) || isBuiltOfLittle(unsigned(text), own)
}

const mostPieces = 2
const fewLetters = 4

function isBuiltOfLittle(text: string, own: ReadonlySet<string>): boolean {
  const pieces = new Set<string>()
  let unknown = ''
  for (let at = 0; at < text.length;) {
    const piece = pieceAt(text, at, own)
    if (piece === null) {
      // digits and signs between pieces are guessed along with them
      if (/\p{L}/u.test(text[at]!)) unknown += text[at]
      at++
      continue
    }
    pieces.add(piece)
    at += piece.length
  }
  const letters = shortestPeriod(unknown)
  return letters < fewLetters && pieces.size <= mostPieces
}

/** The longest known piece that begins here. */
function pieceAt(text: string, at: number, own: ReadonlySet<string>): string | null {
  const walk = walkAt(text, at)
  for (let length = Math.min(Math.max(longestRoot, 40), text.length - at); length > Math.max(2, walk); length--) {
    const candidate = text.slice(at, at + length)
    if (roots.has(candidate) || own.has(candidate)) return candidate
  }
  return walk >= 3 ? text.slice(at, at + walk) : null
}

function walkAt(text: string, at: number): number {
  let longest = 0
  for (const row of walks) {
    for (let length = Math.min(row.length, text.length - at); length > Math.max(2, longest); length--) {
      if (row.includes(text.slice(at, at + length))) longest = length
    }
  }
  return longest
}

/** `xoxoxo` is as good as `xo`. */
function shortestPeriod(text: string): number {
  for (let period = 1; period < text.length; period++) {
    if ([...text].every((letter, index) => letter === text[index % period])) return period
  }
  return text.length
}
