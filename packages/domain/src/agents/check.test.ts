import { describe, expect, it } from 'vitest'
import { locales } from '../kernel/index.ts'
import { translator } from '../text/index.ts'
import { checkFindings, CheckReport, checkResults, checkSteps, firstFault, worstOf } from './check.ts'

describe('the endpoint checker’s report (AGT-10)', () => {
  it.each([
    [[], 'not-run'],
    [['ok', 'ok'], 'ok'],
    [['ok', 'not-run'], 'ok'],
    [['not-run', 'not-run'], 'not-run'],
    [['ok', 'warning', 'not-run'], 'warning'],
    [['warning', 'failed', 'ok'], 'failed'],
  ] as const)('%j is %s', (results, worst) => expect(worstOf(results)).toBe(worst))

  it('the first fault is the first that failed, then the first that warns', () => {
    const finding = (name: string, result: 'ok' | 'warning' | 'failed') => ({ finding: name, result, detail: null, problem: null })
    const steps = [
      { step: 'network' as const, result: 'warning' as const, findings: [finding('name', 'ok'), finding('port', 'warning')] },
      { step: 'engine' as const, result: 'failed' as const, findings: [finding('engine', 'failed')] },
    ]
    expect(firstFault({ steps })).toMatchObject({ step: 'engine', finding: 'engine' })
    expect(firstFault({ steps: steps.slice(0, 1) })).toMatchObject({ step: 'network', finding: 'port' })
    expect(firstFault({ steps: [] })).toBeNull()
  })

  it('a finding of a newer agent is read; markup, oversize and other formats are not a report (R18, R19)', () => {
    const report = {
      format: 'vigie-agent check 1',
      at: '2026-11-21T00:00:00.000Z',
      hostname: 'a',
      platform: 'p',
      fingerprint: null,
      addresses: [],
      agentVersion: '9',
      agentId: null,
      guid: null,
      server: null,
      isProxied: false,
      clockOffsetMs: null,
      result: 'ok',
      steps: [{ step: 'engine', result: 'ok', findings: [{ finding: 'newer-thing', result: 'sparkling', detail: null, problem: null }] }],
    }
    expect(CheckReport.parse(report).steps[0]!.findings[0]).toMatchObject({ finding: 'newer-thing', result: 'failed' })
    expect(CheckReport.safeParse({ ...report, format: 'x' }).success).toBe(false)
    expect(
      CheckReport.safeParse({
        ...report,
        steps: [{ ...report.steps[0], findings: [{ finding: '<b>', result: 'ok', detail: null, problem: null }] }],
      }).success,
    ).toBe(false)
    expect(CheckReport.safeParse({ ...report, hostname: 'x'.repeat(300) }).success).toBe(false)
  })

  it.each([...locales])('%s: every step, result and finding has its word', (locale) => {
    const t = translator(locale)
    const keys = [
      ...checkSteps.map((step) => `check.step.${step}`),
      ...checkResults.map((result) => `check.result.${result}`),
      ...checkSteps.flatMap((step) => checkFindings[step].map((finding) => `check.${step}.${finding}`)),
    ]
    expect(keys.filter((key) => !t.has(key))).toEqual([])
  })
})
