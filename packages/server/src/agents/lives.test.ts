import { areTwins, noteFall, type Fall } from '@vigie/domain/identity'
import { describe, expect, it } from 'vitest'
import { seeded } from '../identity/testing/site.ts'
import { judge, type Verdict } from './lives.ts'
import { placeOf } from './turns.ts'

/** What is on a machine's disk, and what it is. */
interface Machine {
  counter: number
  fingerprint: string
  addresses: string[]
}
/** What the store keeps of the agent, moved as hello.ts moves it. */
class Store {
  counter = 0
  fingerprint = 'fp-0'
  previousFingerprint: string | null = null
  formerNames: string[] = []
  addresses: string[] = []
  falls: Fall[] = []
  isPossibleClone = false

  hello(machine: Machine, atMs: number): Verdict {
    machine.counter++
    const verdict = judge(this, machine, 'absent')
    if (verdict === 'is-clone') return verdict
    if (verdict === 'accept-anew' && machine.counter <= this.counter && machine.fingerprint === this.fingerprint) {
      this.falls = noteFall(this.falls, { atMs, counter: machine.counter, from: placeOf(this.addresses), to: placeOf(machine.addresses) })
    }
    this.isPossibleClone = areTwins(this.falls)
    if (machine.fingerprint !== this.fingerprint) {
      this.formerNames = [this.fingerprint, ...this.formerNames].slice(0, 20)
      this.previousFingerprint = this.fingerprint
    }
    Object.assign(this, { counter: machine.counter, fingerprint: machine.fingerprint, addresses: machine.addresses })
    return verdict
  }
}

const hourMs = 3_600_000

describe('lawful lives raise no alarm (R10)', () => {
  it('10,000 of them: restarts, lost welcomes, restores old and new, a snapshot put back each night, renames, new hardware, travels, sleep, a wrong clock', () => {
    const random = seeded(2026)
    const wrong: string[] = []
    let restores = 0
    for (let life = 0; life < 10_000; life++) {
      const store = new Store()
      const home = `10.0.${life % 250}.`
      const machine: Machine = { counter: 0, fingerprint: 'fp-0', addresses: [`${home}5`, 'fe80::1', '127.0.0.1'] }
      const backups: Machine[] = []
      const isKiosk = random() < 0.05
      let atMs = 0
      let said = ''
      for (let day = 0; day < 40; day++) {
        atMs += 24 * hourMs * random()
        const what = random()
        if (what < 0.08) machine.addresses = [`${home}${1 + Math.floor(random() * 250)}`] // DHCP
        else if (what < 0.11) machine.addresses = random() < 0.5 ? ['192.168.0.17'] : [`${home}5`] // home office
        else if (what < 0.13) machine.fingerprint = `fp-${day + 1}` // renamed, new hardware
        else if (what < 0.18) machine.counter += Math.floor(random() * 3) // welcomes that were lost
        // its name comes back with its disk
        if (isKiosk && backups.length > 0) Object.assign(machine, { counter: backups[0]!.counter, fingerprint: backups[0]!.fingerprint })
        else if (random() < 0.03 && backups.length > 0) {
          // the disk comes back, the place is where the machine is now
          const { counter, fingerprint } = backups[Math.floor(random() * backups.length)]!
          Object.assign(machine, { counter, fingerprint })
          restores++
        }
        const hellos = 1 + Math.floor(random() * 3)
        for (let i = 0; i < hellos; i++) {
          const verdict = store.hello(machine, atMs)
          said += `${day}:${machine.counter}:${verdict} `
          if (verdict === 'is-clone' || store.isPossibleClone) wrong.push(`life ${life}: ${said.slice(-200)}`)
        }
        if (day % 2 === 0) backups.push({ ...machine })
      }
    }
    expect(restores).toBeGreaterThan(5_000)
    expect(wrong.slice(0, 3)).toEqual([])
  })
})

describe('twins that are never online together are told of (R10)', () => {
  it('1,000 pairs that take turns, each in its own place: all found within four turns of each', () => {
    const random = seeded(7)
    let slowest = 0
    for (let pair = 0; pair < 1_000; pair++) {
      const store = new Store()
      const original: Machine = { counter: 0, fingerprint: 'fp-0', addresses: ['10.1.0.5'] }
      const before = 1 + Math.floor(random() * 20)
      for (let i = 0; i < before; i++) store.hello(original, i * hourMs)
      const copy: Machine = { ...original, addresses: ['10.2.0.5'] }
      let turns = 0
      while (!store.isPossibleClone && turns < 20) {
        turns++
        store.hello(original, (before + turns) * hourMs)
        store.hello(copy, (before + turns) * hourMs + hourMs / 2)
      }
      slowest = Math.max(slowest, turns)
    }
    expect(slowest).toBeLessThanOrEqual(4)
  })
})
