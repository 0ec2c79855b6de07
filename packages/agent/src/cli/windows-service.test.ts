import { describe, expect, it } from 'vitest'
import { socketPath } from '../core/status.ts'
import { unitText } from './service.ts'
import { serviceFacts } from './service-facts.ts'
import { powerShellText, windowsArgument, windowsServiceScript } from './windows-service.ts'

/** How Windows takes a command line apart: the rules of CommandLineToArgvW for arguments after the program, written from its documentation, apart from what they test. */
function taken(line: string): string[] {
  const words: string[] = []
  for (let i = 0; i < line.length;) {
    while (line[i] === ' ' || line[i] === '\t') i++
    if (i >= line.length) break
    let [word, isQuoted] = ['', false]
    for (; i < line.length && (isQuoted || (line[i] !== ' ' && line[i] !== '\t')); i++) {
      let slashes = 0
      while (line[i] === '\\') [slashes, i] = [slashes + 1, i + 1]
      if (line[i] === '"') {
        word += '\\'.repeat(Math.floor(slashes / 2))
        if (slashes % 2 === 1) word += '"'
        else isQuoted = !isQuoted
      } else {
        word += '\\'.repeat(slashes)
        if (i >= line.length || (!isQuoted && (line[i] === ' ' || line[i] === '\t'))) break
        word += line[i]
      }
    }
    words.push(word)
  }
  return words
}
/** What PowerShell reads from texts in single quotes and characters by number, put together; null: it would read something else, or something more. */
function read(expression: string): string | null {
  let text = ''
  const part = /(?:'((?:[^'\u2018-\u201b]|'')*)'|\[char\]0x([0-9a-f]{4}))( \+ (?=.)|$)/y
  for (; part.lastIndex < expression.length;) {
    const [whole, quoted, unit] = part.exec(expression) ?? []
    if (whole === undefined) return null
    text += quoted?.replaceAll("''", "'") ?? String.fromCharCode(Number.parseInt(unit!, 16))
  }
  return text
}

const hostile = [
  'C:\\Program Files\\Vigie',
  'C:\\with trailing\\',
  'C:\\quote " inside',
  'C:\\back\\"quote',
  '\\\\server\\share\\x y\\\\',
  "it's",
  'typographic ’ quote‘s',
  '$(Remove-Item C:\\)',
  '`whoami`',
  '; shutdown /s',
  '& calc',
  '%PATH%',
  "@'",
  "'@",
  '日本語 フォルダ',
  'tab\tand 🗼',
  'a',
  '"',
  '\\"',
  '" & calc & "',
]

describe('the Windows service, as a text: nothing of it was run on Windows (AGT-1)', () => {
  it.each(hostile)('%s stays one argument, and one text', (word) => {
    expect(taken(`${windowsArgument('before')} ${windowsArgument(word)} ${windowsArgument('after')}`)).toEqual(['before', word, 'after'])
    expect(read(powerShellText(word))).toBe(word)
  })

  it.each(hostile)('%s as program and as folder: the script carries it whole, and its other lines stay what they are', (word) => {
    const plain = windowsServiceScript(['PROGRAM', 'agent.cjs'], 'STATE').split('\n')
    const script = windowsServiceScript([word, 'agent.cjs'], word).split('\n')
    expect(script).toHaveLength(plain.length)
    expect(script.filter((line, i) => line !== plain[i]).map((line) => line.split(' = ')[0])).toEqual([
      '$program',
      '$run',
      '$stop',
      '$state',
    ])
    const value = (name: string) => read(script.find((line) => line.startsWith(`$${name} = `))!.slice(name.length + 4))
    expect([value('program'), value('state')]).toEqual([word, word])
    expect(taken(value('run')!)).toEqual(['agent.cjs', 'run', '--state', word])
    expect(taken(value('stop')!)).toEqual(['agent.cjs', 'stop', '--state', word])
  })

  it.each(['a\nb', 'a\rb', 'a\0b'])('what can not be one line is refused: %j', (word) => {
    expect(() => windowsServiceScript([word], 'C:\\state')).toThrow(RangeError)
    expect(() => windowsServiceScript(['C:\\agent.exe'], word)).toThrow(RangeError)
  })

  it('is of the same facts as the systemd unit, and says first of all that it is untested', () => {
    const script = windowsServiceScript(['C:\\agent.exe'], 'C:\\state')
    const unit = unitText(['/usr/bin/vigie-agent'], '/var/lib/vigie-agent')
    expect(script.split('\n')[0]).toContain('UNTESTED ON WINDOWS')
    const { restartSeconds, stopSeconds, endsForGood, description } = serviceFacts
    expect(unit).toContain(`RestartSec=${restartSeconds}\nRestartPreventExitStatus=${endsForGood.join(' ')}\n`)
    expect(script).toContain(`endsForGood = { ${endsForGood.join(', ')} }`)
    expect(script).toContain(`stopping.WaitOne(${restartSeconds}000)`)
    expect([unit.includes(`TimeoutStopSec=${stopSeconds}\n`), script.includes(`WaitForExit(${stopSeconds}000)`)]).toEqual([true, true])
    expect([unit.includes(`Description=${description}\n`), script.includes(`$description = '${description}'`)]).toEqual([true, true])
  })

  it('closes the state folder before anything is started, and what it compiles ends where it should', () => {
    const script = windowsServiceScript(['C:\\agent.exe'], 'C:\\state')
    expect(script.indexOf('icacls.exe')).toBeLessThan(script.indexOf('Start-Service'))
    const here = /@'\n([^]*?)\n'@\n/.exec(script)![1]!
    expect([here.startsWith('using System;'), here.trimEnd().endsWith('}'), here.split('{').length - here.split('}').length]).toEqual([
      true,
      true,
      0,
    ])
    expect(here).not.toMatch(/\$"|=>|\?\./) // C# 5 knows none of these
  })

  it('is ASCII, whatever the paths are: PowerShell 5.1 reads a script without a mark in the code page of the machine', () => {
    expect(windowsServiceScript(['C:\\ノード\\node’s.exe'], 'C:\\é')).toMatch(/^[\n\x20-\x7e]*$/)
  })

  it('says goodbye at a shutdown too, where asking for more time is an error; what starts while it stops is not left behind', () => {
    const script = windowsServiceScript(['C:\\agent.exe'], 'C:\\state')
    const body = (name: string) => new RegExp(`void ${name}\\(.*\\) \\{\\n([^]*?)\\n  \\}\\n`).exec(script)![1]!
    expect([body('OnShutdown').trim(), body('OnStop').includes('RequestAdditionalTime')]).toEqual(['SayGoodbye();', true])
    expect(body('SayGoodbye')).not.toContain('RequestAdditionalTime')
    expect(body('SayGoodbye')).toMatch(/lock \(turn\) \{\s+stopping\.Set\(\);\s+running = agent;/)
    expect(body('Watch')).toMatch(/lock \(turn\) \{[^\n]*\n\s+if \(stopping\.WaitOne\(0\)\) return;\n\s+agent = Launch/)
  })

  it('its pipe is one per state folder, whatever the case Windows was given it in', () => {
    const pipe = socketPath('C:\\ProgramData\\Vigie', 'win32')
    expect(pipe).toMatch(/^\\\\\.\\pipe\\vigie-agent-[0-9a-f]{32}$/)
    expect([socketPath('c:\\programdata\\vigie', 'win32') === pipe, socketPath('C:\\ProgramData\\Other', 'win32') === pipe]).toEqual([
      true,
      false,
    ])
  })
})
