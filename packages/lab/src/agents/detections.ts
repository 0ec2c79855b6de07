import type { DetectionOutcome } from '@vigie/domain/events'

/** What the detections of a load are like. Shares add up to 1 or are weighed against one another. */
export interface Mix {
  category: string
  outcomes: Partial<Record<DetectionOutcome, number>>
  /** How many different threat names, and file paths, are met. */
  threats: number
  files: number
}

export const calmMix: Mix = { category: 'antivirus', outcomes: { quarantined: 0.7, deleted: 0.2, cleaned: 0.1 }, threats: 97, files: 9_973 }
/** One in twenty stays where it was: infections, so every product has an event that needs action. */
export const infectedMix: Mix = { ...calmMix, outcomes: { quarantined: 0.75, deleted: 0.2, failed: 0.05 } }

/** Small, quick, repeatable (mulberry32). 0 to 1. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/**
 * Writes detections as JSON text, without making objects of them: the generator shares its two cores with what it measures. Every one is a new detection:
 * its content id holds the agent and its number.
 */
export class DetectionWriter {
  readonly #random: () => number
  readonly #outcomes: { name: string; upTo: number }[]
  readonly #mix: Mix

  constructor(mix: Mix, seed = 1) {
    this.#mix = mix
    this.#random = randomFrom(seed)
    const total = Object.values(mix.outcomes).reduce((sum, share) => sum + share, 0)
    let upTo = 0
    this.#outcomes = Object.entries(mix.outcomes).map(([name, share]) => ({ name, upTo: (upTo += share / total) }))
  }

  /** `count` items, comma-separated. @param serial number of the first one, unique within the endpoint for ever */
  write(endpoint: string, serial: number, count: number, now: Date): string {
    const at = now.toISOString()
    const head = `{"kind":"detection","endpoint":"${endpoint}","at":"${at}","category":"${this.#mix.category}","engine":"lab","threat":"Lab.Simulated.Family`
    const idHead = endpoint.slice(0, 16)
    let text = ''
    for (let i = 0; i < count; i++) {
      const file = Math.floor(this.#random() * this.#mix.files)
      const threat = Math.floor(this.#random() * this.#mix.threats)
      const id = idHead + (serial + i).toString(16).padStart(16, '0')
      text += `${i === 0 ? '' : ','}${head}${threat}.Variant${threat % 7}","object":"/srv/lab/users/user${file % 500}/downloads/attachment-${file}.bin","outcome":"${this.#outcome()}","contentId":"${id}"}`
    }
    return text
  }

  #outcome(): string {
    const drawn = this.#random()
    return (this.#outcomes.find(({ upTo }) => drawn < upTo) ?? this.#outcomes.at(-1))?.name ?? 'none'
  }
}
