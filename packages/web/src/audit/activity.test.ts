import { describe, expect, it } from 'vitest'
import { speaker } from '../kit/text.tsx'
import { objectText } from './activity.ts'

const say = speaker('en', 'UTC', { 'index.antivirus.incidents': 'Incidents in the last 60 minutes', 'category.antivirus': 'Antivirus' })

describe('what an audit record is about (ACC-11)', () => {
  it.each([
    ['index', 'antivirus.incidents (Acme)', 'Incidents in the last 60 minutes (Acme)'],
    ['index', 'antivirus.incidents', 'Incidents in the last 60 minutes'],
    ['index', 'weather.rain', 'weather.rain'],
    ['event', 'antivirus/uncleaned', 'Antivirus'],
    ['event', 'events.csv', 'events.csv'],
    ['customer', 'antivirus/uncleaned', 'antivirus/uncleaned'],
  ])('%s %s: %s', (kind, name, words) => expect(objectText(say, { kind, name })).toBe(words))
})
