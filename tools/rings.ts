/** What uses what, and where: the first import of it that was met. */
export type Uses = Map<string, Map<string, Place>>

export interface Place {
  file: string
  line: number
}

/** A closed way of uses, shortest first met: each link's user, what it uses and where. */
export type Ring = { from: string; to: string; place: Place }[]

/** @returns of everything that hangs together in circles one ring, the shortest: who mends it is told the next, if there is one. */
export function ringsOf(uses: Uses): Ring[] {
  const left = new Set([...uses.keys()].sort())
  const rings: Ring[] = []
  while (left.size > 0) {
    const shortest = [...left]
      .map((start) => shortestFrom(start, uses, left))
      .filter((ring) => ring !== null)
      .sort((one, other) => one.length - other.length)[0]
    if (!shortest) break
    rings.push(shortest)
    // whoever can be reached from it and reaches it is part of the same tangle
    const start = shortest[0]!.from
    for (const one of [...left]) if (one === start || (reaches(start, one, uses) && reaches(one, start, uses))) left.delete(one)
  }
  return rings
}

/** The shortest way from `start` back to it. */
function shortestFrom(start: string, uses: Uses, among: ReadonlySet<string>): Ring | null {
  const ways: Ring[] = [[]]
  const seen = new Set<string>()
  for (let way = ways.shift(); way; way = ways.shift()) {
    const from = way.at(-1)?.to ?? start
    for (const [to, place] of uses.get(from) ?? []) {
      if (to === start) return [...way, { from, to, place }]
      if (seen.has(to) || !among.has(to)) continue
      seen.add(to)
      ways.push([...way, { from, to, place }])
    }
  }
  return null
}

function reaches(from: string, to: string, uses: Uses): boolean {
  const seen = new Set([from])
  for (const one of seen) {
    for (const next of uses.get(one)?.keys() ?? []) {
      if (next === to) return true
      seen.add(next)
    }
  }
  return false
}
