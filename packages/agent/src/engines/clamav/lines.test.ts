import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import {
  displayPath,
  displayThreat,
  parseClamdLine,
  parseCtime,
  parseDatabaseHeader,
  parseOnAccessLine,
  parseUpdateLog,
  parseVersion,
} from './lines.ts'
import { parseVerdict } from './clamd.ts'
import { addressOf, parseAddress, parseConf } from './conf.ts'

const now = new Date('2026-11-21T12:00:00Z')
const clamd = (text: string) => parseClamdLine(Buffer.from(text, 'latin1'), now)
const path = (text: string) => clamd(text)?.path?.toString('latin1')
const md5 = '44d88612fea8a8f36de82e1278abb02f'
const at = 'Sat Nov 21 07:21:11 2026 -> '

describe('clamd’s log (AGT-7)', () => {
  it.each([
    ['a finding', `${at}/srv/eicar.com: Test.EICAR.UNOFFICIAL(${md5}:68) FOUND`, '/srv/eicar.com', 'Test.EICAR.UNOFFICIAL'],
    ['without md5', `${at}/srv/eicar.com: Test.EICAR FOUND`, '/srv/eicar.com', 'Test.EICAR'],
    ['a path with “: ”', `${at}/srv/odd: dir/x: Test FOUND`, '/srv/odd: dir/x', 'Test'],
    ['a path that ends in FOUND', `${at}/srv/x FOUND: Test FOUND`, '/srv/x FOUND', 'Test'],
    ['a path with an arrow', `${at}/srv/a -> /b: Test FOUND`, '/srv/a -> /b', 'Test'],
    ['a single-digit day', `Wed Nov  4 07:21:11 2026 -> /x: T FOUND`, '/x', 'T'],
    ['bytes that are no UTF-8', `${at}/srv/\xff\xe9: T FOUND`, '/srv/\xff\xe9', 'T'],
  ])('%s', (_, line, expected, threat) => {
    expect([path(line), clamd(line)?.threat, clamd(line)?.source]).toEqual([expected, threat, 'file'])
  })

  it.each([
    ['a stream', `${at}instream(local): T(${md5}:68) FOUND`, 'stream'],
    ['a stream over TCP', `${at}instream(127.0.0.1@37900): T FOUND`, 'stream'],
    ['a descriptor (older clamd)', `${at}fd[12]: T FOUND`, 'descriptor'],
  ])('%s has no path', (_, line, source) => expect([clamd(line)?.path, clamd(line)?.source]).toEqual([null, source]))

  it.each([
    '',
    'FOUND',
    ' FOUND',
    `${at}FOUND`,
    `${at}/x: OK`,
    `${at}/x:  FOUND`,
    `${at}x: T FOUND`,
    'Sat Nov 21 07:21:11 -> /x: T FOUND',
    `${at}/x: T FOUND `,
    'Sat Xyz 21 07:21:11 2026 -> /x: T FOUND',
  ])('not a finding: %j', (line) => expect(clamd(line)).toBeNull())

  it('5,000 random lines: no throw, and only absolute paths', () => {
    const alphabet = [...`${at}/: FOUND(0)`, '\0', '\xff', 'é', ' -> ', 'instream(']
    for (let i = 0; i < 5_000; i++) {
      const line = Array.from({ length: i % 60 }, () => alphabet[Math.floor(Math.random() * alphabet.length)]).join('')
      const found = clamd(at.slice(0, Math.random() < 0.5 ? at.length : 0) + line + (Math.random() < 0.5 ? ' FOUND' : ''))
      if (found?.path) expect(found.path[0]).toBe(0x2f)
    }
  })
})

describe('times are this machine’s local ones (R23)', () => {
  const inZone = (zone: string, text: string, seenAt: string) =>
    execFileSync(
      process.execPath,
      [
        '-e',
        `import(${JSON.stringify(new URL('./lines.ts', import.meta.url).href)}).then(({ parseCtime }) => console.log(parseCtime(${JSON.stringify(text)}, new Date(${JSON.stringify(seenAt)})).toISOString()))`,
      ],
      {
        env: { ...process.env, TZ: zone },
        encoding: 'utf8',
      },
    ).trim()

  it.each([
    ['Asia/Tokyo', 'Sat Nov 21 07:21:11 2026', '2026-11-20T22:21:12Z', '2026-11-20T22:21:11.000Z'],
    ['Europe/Paris', 'Sun Oct 25 02:30:00 2026', '2026-10-25T00:30:05Z', '2026-10-25T00:30:00.000Z'],
    ['Europe/Paris', 'Sun Oct 25 02:30:00 2026', '2026-10-25T01:30:05Z', '2026-10-25T01:30:00.000Z'],
    ['Australia/Lord_Howe', 'Sun Apr  5 01:45:00 2026', '2026-04-04T15:15:05Z', '2026-04-04T15:15:00.000Z'],
  ])('%s, %s, read at %s', (zone, text, seenAt, expected) => expect(inZone(zone, text, seenAt)).toBe(expected))

  it.each(['', 'Sat Nov 21 07:21:11', 'Sat Nov 99 07:21:11 2026', 'Sat Nov 21 27:21:11 2026'])('not a time: %j', (text) =>
    expect(parseCtime(text, now)).toBeNull(),
  )
})

describe('clamonacc’s log', () => {
  const line = (text: string) => {
    const found = parseOnAccessLine(Buffer.from(text, 'latin1'))
    return (
      found && {
        ...found,
        path: found.path.toString('latin1'),
        ...('movedTo' in found ? { movedTo: found.movedTo.toString('latin1') } : {}),
      }
    )
  }
  it('tells found and moved', () => {
    expect(line('/w/a.com: T.UNOFFICIAL FOUND')).toEqual({ is: 'found', path: '/w/a.com', threat: 'T.UNOFFICIAL' })
    expect(line("/w/a.com: moved to '/q/a.com.001'")).toEqual({ is: 'moved', path: '/w/a.com', movedTo: '/q/a.com.001' })
    expect(line("/w/it's: moved to '/q/it's'")).toEqual({ is: 'moved', path: "/w/it's", movedTo: "/q/it's" })
  })
  it.each(['ClamInotif: stopped', 'ERROR: ClamClient: Connection to clamd failed', '---', ''])('%j is neither', (text) =>
    expect(line(text)).toBeNull(),
  )
})

describe('clamd’s answers', () => {
  const asked = Buffer.from('/srv/x: y FOUND')
  it.each([
    ['/srv/x: y FOUND: OK', { is: 'clean' }],
    ['/srv/x: y FOUND: Test FOUND', { is: 'infected', threat: 'Test' }],
    ['/srv/x: y FOUND: Access denied. ERROR', { is: 'error', message: 'Access denied' }],
    [
      '/srv/x: y FOUND: File path check failure: No such file or directory. ERROR',
      { is: 'error', message: 'File path check failure: No such file or directory' },
    ],
    ['UNKNOWN COMMAND', { is: 'error', message: expect.any(String) as string }],
    ['', { is: 'error', message: '' }],
  ])('%j', (answer, verdict) => expect(parseVerdict(Buffer.from(answer), asked)).toEqual(verdict))
})

describe('versions', () => {
  it('of clamd; without a daily set the pattern is unknown, not 0', () => {
    expect(parseVersion('ClamAV 1.4.6', now)).toEqual({ engine: '1.4.6', pattern: null, builtAt: null })
    expect(parseVersion('ClamAV 1.4.6/27500/Wed Jun 23 01:34:05 2021', now)).toMatchObject({ engine: '1.4.6', pattern: '27500' })
    expect(parseVersion('UNKNOWN COMMAND', now).engine).toBeNull()
  })
  it('of one nobody knows yet: its name as it stands, and nothing made up of the rest (issue 3, bad days)', () => {
    expect(parseVersion('ClamAV 9.0.0-devel+next/latest/some day', now)).toEqual({
      engine: '9.0.0-devel+next',
      pattern: null,
      builtAt: null,
    })
    expect(parseVersion('ClamAV 9.0.0/1,2,3/2031-01-01T00:00:00Z/more/of it', now)).toEqual({
      engine: '9.0.0',
      pattern: null,
      builtAt: null,
    })
  })
  it('of a set on disk', () => {
    expect(parseDatabaseHeader(Buffer.from('ClamAV-VDB:22 Jun 2021 21-34 -0400:6:12:90:md5:sig:who:1624412040'))).toEqual({
      version: '6',
      builtAt: new Date('2021-06-23T01:34:00Z'),
      signatures: 12,
    })
    expect(parseDatabaseHeader(Buffer.from('ClamAV-VDB:nonsense:6:12'))).toEqual({ version: '6', builtAt: null, signatures: 12 })
    expect(parseDatabaseHeader(Buffer.from('not one'))).toBeNull()
  })
})

describe('freshclam’s log', () => {
  const start = (time: string) => `${time} -> ClamAV update process started at ${time}\n`
  const good = (time: string) => `${start(time)}${time} -> daily.cvd database is up-to-date (version: 6, sigs: 12)\n`
  const bad = (time: string) => `${start(time)}ERROR: ${time} -> Update failed.\n`
  const [one, two] = ['Sat Nov 21 07:00:00 2026', 'Sat Nov 21 08:00:00 2026']
  it('last success, and whether the last try failed', () => {
    expect(parseUpdateLog('', now)).toEqual({ checkedAt: null, hasFailed: false })
    expect(parseUpdateLog(good(one) + good(two), now)).toEqual({ checkedAt: parseCtime(two, now), hasFailed: false })
    expect(parseUpdateLog(good(one) + bad(two), now)).toEqual({ checkedAt: parseCtime(one, now), hasFailed: true })
    expect(parseUpdateLog(bad(one) + good(two), now)).toMatchObject({ hasFailed: false })
  })
})

describe('settings of ClamAV', () => {
  it('options, comments, quotes, repeats', () => {
    const conf = parseConf('# c\nLocalSocket /run/x\n  OnAccessIncludePath "/a b"\nOnAccessIncludePath /c\nExample\n')
    expect(conf.get('OnAccessIncludePath')).toEqual(['/a b', '/c'])
    expect(addressOf(conf)).toEqual({ path: '/run/x' })
    expect(addressOf(parseConf('TCPSocket 3310\n'))).toEqual({ host: '127.0.0.1', port: 3_310 })
    expect(addressOf(parseConf(''))).toBeNull()
  })
  it('addresses', () => {
    expect(parseAddress('/run/x')).toEqual({ path: '/run/x' })
    expect(parseAddress('[::1]:3310')).toEqual({ host: '::1', port: 3_310 })
    expect(parseAddress('nonsense')).toBeNull()
  })
})

describe('what is shown (R12)', () => {
  it('names without tricks', () => {
    expect(displayPath(Buffer.from('/a\nb\u001b[31m'))).toBe('/a\\x0ab\\x1b[31m')
    expect(displayPath(Buffer.from([0x2f, 0xff, 0x61]))).toBe('/\\xffa')
    expect(displayPath(Buffer.from('/é日本'))).toBe('/é日本')
    expect(displayPath(Buffer.alloc(5_000, 0x61)).length).toBe(4_096)
    expect(displayThreat('Test.UNOFFICIAL')).toBe('Test')
  })
})
