import { describe, expect, it } from 'vitest'
import type { Identity } from './identity.ts'
import type { SessionEnd } from './channel.ts'
import { Ways } from './ways.ts'

const minuteMs = 60_000
const timing = { directAfterMs: 5 * minuteMs, socketFirstMs: minuteMs, socketAgainMs: 60 * minuteMs }
const site = 'wss://site:8444/agent/v1/channel'
const vigie = 'wss://vigie.example:8443/agent/v1/channel'
const behindSite = { channel: site, direct: { channel: vigie, ca: 'ca of vigie' } } as Identity
const lost = (wasWelcome: boolean): SessionEnd => ({ kind: 'lost', reason: 'closed', wasWelcome })

describe('which way an endpoint of a site takes (AGT-8, INV-3)', () => {
  let nowMs = 0
  const make = (identity = behindSite) => {
    nowMs = 0
    const ways = new Ways(timing, () => nowMs)
    /** One session: where it went. */
    return (afterMs: number, end: (isDirect: boolean) => SessionEnd = () => lost(false)) => {
      nowMs += afterMs
      const way = ways.next(identity, 'ca of the site', null)
      ways.ended(way, end(way.better !== null))
      return way.channel
    }
  }

  it('the site server, for five minutes, whatever it answers; then both in turn until one does', () => {
    const session = make()
    expect([session(0), session(minuteMs), session(4 * minuteMs)]).toEqual([site, site, site])
    expect([session(1), session(1_000), session(1_000), session(1_000)]).toEqual([vigie, site, vigie, site])
  })

  it('the direct way worked and broke: taken again at once; the site server is looked for on the way', () => {
    const session = make()
    session(6 * minuteMs, lost)
    expect([session(1_000, lost), session(1_000, lost)]).toEqual([vigie, vigie])
  })

  it('back at the site server: five minutes begin anew', () => {
    const session = make()
    expect(session(6 * minuteMs, () => ({ kind: 'moved' }))).toBe(vigie)
    expect([session(0, () => lost(true)), session(5 * minuteMs), session(1)]).toEqual([site, site, vigie])
  })

  it('an evening of work at the site server does not count against it when it goes', () => {
    const session = make()
    session(0)
    const working = () => {
      nowMs += 300 * minuteMs
      return lost(true)
    }
    expect(session(0, working)).toBe(site)
    expect([session(1_000), session(4 * minuteMs), session(minuteMs)]).toEqual([site, site, vigie])
  })

  it('an endpoint that knows no other way keeps to the one it has', () => {
    const session = make({ channel: site, direct: null } as Identity)
    expect([session(0), session(60 * minuteMs)]).toEqual([site, site])
  })
})
