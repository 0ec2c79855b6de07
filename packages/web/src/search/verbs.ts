import { folded } from '@vigie/domain/search'

export interface Told<Verb> {
  verbs: Verb[]
  /** What it is to be done to, as typed. */
  target: string
}

/** Signs that stand for whole words: of them one says enough, and they are not parted by blanks. */
const isDense = (word: string) => /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(word)

/**
 * "scan pc-12": the first words begin words of a command's name, the rest says of what. As many words as can be are the command's; null: none is, or nothing is left.
 * @param nameOf the command in the reader's language
 */
export function readVerb<Verb>(text: string, all: readonly Verb[], nameOf: (verb: Verb) => string): Told<Verb> | null {
  const words = text.trim().split(/[\s\p{Z}]+/u)
  for (let count = words.length - 1; count > 0; count--) {
    const head = words.slice(0, count).map(folded)
    if (!head.every((word) => [...word].length >= 3 || isDense(word) || count > 1)) continue
    const verbs = all.filter((verb) => {
      const name = folded(nameOf(verb))
      return head.every((word) =>
        isDense(word) ? name.includes(word) : name.split(/[\s\p{Z}'’-]+/u).some((part) => part.startsWith(word)),
      )
    })
    const target = words.slice(count).join(' ')
    if (verbs.length > 0 && (target.length > 1 || isDense(target))) return { verbs, target }
  }
  return null
}
