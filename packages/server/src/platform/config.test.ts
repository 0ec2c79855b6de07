import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { readConfig, StartError } from './config.ts'

const refusal = (argv: string[], env: Record<string, string> = {}) => {
  try {
    readConfig(argv, env)
  } catch (error) {
    if (error instanceof StartError) return { sentence: error.message, exitCode: error.exitCode }
    throw error
  }
  return null
}

describe('settings (OPS-1)', () => {
  it('without any: 8080 for this machine, 8443 for agents, var/ beside the packages, embedded database, mails kept', () => {
    expect(readConfig([], {})).toMatchObject({
      host: '127.0.0.1',
      port: 8080,
      agentHost: null,
      agentPort: 8443,
      databaseUrl: null,
      smtpUrl: null,
      publicUrl: 'http://127.0.0.1:8080',
      roles: ['api', 'agents', 'jobs'],
      dataDir: path.resolve(import.meta.dirname, '../../../../var'),
      keyFile: path.resolve(import.meta.dirname, '../../../../var/key'),
      trustedProxies: [],
      logLevel: 'info',
    })
  })

  it('a flag outweighs the environment, and an empty variable is none', () => {
    expect(readConfig(['--port', '1234'], { VIGIE_PORT: '4321', VIGIE_AGENT_PORT: '' })).toMatchObject({ port: 1234, agentPort: 8443 })
    expect(readConfig([], { VIGIE_PORT: '4321' }).port).toBe(4321)
  })

  it('the key file lies in the data folder unless told otherwise', () => {
    expect(readConfig(['--data', '/srv/vigie'], {}).keyFile).toBe('/srv/vigie/key')
    expect(readConfig(['--data', '/srv/vigie'], { VIGIE_KEY_FILE: '/etc/vigie/key' }).keyFile).toBe('/etc/vigie/key')
  })

  it('addresses follow the ports in use, and the name people type', () => {
    expect(readConfig(['--port', '0', '--agent-port', '0'], {}).urls({ port: 41, agentPort: 42 }).publicUrl).toBe('http://127.0.0.1:41')
    const { publicUrl, agentUrl } = readConfig([], { VIGIE_PUBLIC_URL: 'https://vigie.example/' })
    expect({ publicUrl, agentUrl }).toEqual({ publicUrl: 'https://vigie.example', agentUrl: 'https://vigie.example:8443' })
    expect(readConfig(['--agent-url', 'https://agents.example:443'], { VIGIE_PUBLIC_URL: 'https://vigie.example' }).agentUrl).toBe(
      'https://agents.example',
    )
  })

  it('agents are given an address that another machine can use, where this one has any', () => {
    expect(readConfig([], {}).agentUrl).toMatch(/^https:\/\/[0-9.]+:8443$/)
    expect(readConfig(['--host', '10.1.2.3'], {}).agentUrl).toBe('https://10.1.2.3:8443')
    expect(readConfig(['--host', 'fd00::1'], {}).agentUrl).toBe('https://[fd00::1]:8443')
  })

  it('takes a database over the network and over a socket', () => {
    for (const url of [
      'postgresql://vigie:s3cret@db.example:5432/vigie?sslmode=verify-full',
      'postgresql://vigie@/vigie?host=%2Frun%2Fpostgresql',
      'postgres://db/vigie',
    ]) {
      expect(readConfig([], { DATABASE_URL: url }).databaseUrl).toBe(url)
    }
  })

  it.each<[string, string[], Record<string, string>, string]>([
    ['a port that is none', ['--port', 'http'], {}, '--port must be a port from 0 to 65535, not "http".'],
    ['a port past the last', [], { VIGIE_AGENT_PORT: '65536' }, 'VIGIE_AGENT_PORT must be a port from 0 to 65535, not "65536".'],
    ['a negative port', ['--port=-1'], {}, '--port must be a port from 0 to 65535, not "-1".'],
    [
      'one port for both',
      ['--port', '9000', '--agent-port', '9000'],
      {},
      'The console and the agents need a port each, and both were given 9000.',
    ],
    ['a role that is none', ['--roles', 'api,mail'], {}, '--roles must be some of api,agents,jobs, not "api,mail".'],
    ['no role', ['--roles', ','], {}, '--roles must be some of api,agents,jobs, not ",".'],
    [
      'a public address with a path',
      ['--public-url', 'https://a.example/vigie'],
      {},
      '--public-url must be an http or https address without a path, not "https://a.example/vigie".',
    ],
    [
      'agents without TLS',
      ['--agent-url', 'http://a.example'],
      {},
      '--agent-url must be an https address without a path, not "http://a.example".',
    ],
    [
      'a network that is none',
      [],
      { VIGIE_TRUSTED_PROXIES: '10.0.0.0/33' },
      'VIGIE_TRUSTED_PROXIES must be addresses or networks such as 10.0.0.0/8, separated by commas, not "10.0.0.0/33".',
    ],
    ['an empty flag', ['--data', ''], {}, '--data must be a folder, not "".'],
  ])('%s: one sentence, exit code 64', (_, argv, env, sentence) => {
    expect(refusal(argv, env)).toEqual({ sentence, exitCode: 64 })
  })

  it('a flag it does not know: the ones it knows', () => {
    expect(refusal(['--prot', '80'])?.sentence).toMatch(/^Unknown option '--prot'\. The flags are --port, --agent-port, --data, /)
    expect(refusal(['8080'])?.exitCode).toBe(64)
    expect(refusal(['--port'])?.exitCode).toBe(64)
  })

  it.each<Record<string, string>>([
    { DATABASE_URL: 'mysql://root:hunter2@db/vigie' },
    { DATABASE_URL: 'postgresql://vigie:hunter2@db/vigie?sslmode=no-verify' },
    { DATABASE_URL: 'postgresql://vigie:hunter2@db/vigie?uselibpqcompat=true&sslmode=require' },
    { VIGIE_SMTP_URL: 'smtps://u:hunter2@mail?tls.rejectUnauthorized=false' },
    { VIGIE_SMTP_URL: 'https://u:hunter2@mail' },
  ])('%j is refused without repeating its password (R29, R39)', (env) => {
    const { sentence, exitCode } = refusal([], env)!
    expect(exitCode).toBe(64)
    expect(sentence).not.toContain('hunter2')
  })
})
