import { readFileSync } from 'node:fs'
import { compileMessage } from '@lingui/message-utils/compileMessage'
import { describe, expect, it } from 'vitest'
import { speaker } from '../kit/text.tsx'
import { conditionText, decidedBy, eventTitle, mendedBy } from './words.ts'

const texts = JSON.parse(readFileSync(new URL('../../../domain/src/text/events/en.json', import.meta.url), 'utf8')) as Record<
  string,
  string
>
// as the build does
const say = speaker('en', 'UTC', Object.fromEntries(Object.entries(texts).map(([key, message]) => [key, compileMessage(message)])))
const uncleaned = { category: 'antivirus', condition: 'uncleaned', figures: { infections: 1 } }

describe('an event explains itself (EVT-6)', () => {
  it('is named by its condition, with its figures', () => {
    expect(eventTitle(say, uncleaned)).toBe('1 infection could not be cleaned')
    expect(eventTitle(say, { ...uncleaned, figures: { infections: 3 } })).toBe('3 infections could not be cleaned')
  })
  it('says a newer server’s condition by its identifiers and explains nothing', () => {
    const unknown = { category: 'antivirus', condition: 'sandbox-full', figures: {} }
    expect(eventTitle(say, unknown)).toBe('Antivirus · sandbox-full')
    expect(conditionText(say, unknown, 'next')).toBeNull()
  })
  it('shows only the indexes that decide it', () => {
    const inForce = [{ name: 'incidents' }]
    expect(decidedBy(uncleaned, inForce)).toEqual([])
    expect(decidedBy({ category: 'antivirus', condition: 'many-incidents' }, inForce)).toEqual(inForce)
    expect(decidedBy({ category: 'weather', condition: 'rain' }, inForce)).toEqual(inForce)
  })
  it('knows what mends it', () => {
    expect(mendedBy(uncleaned)).toEqual(['scan-now'])
    expect(mendedBy({ category: 'antivirus', condition: 'real-time-scan-off' })).toEqual([])
    expect(mendedBy({ category: 'weather', condition: 'rain' })).toEqual([])
  })
})
