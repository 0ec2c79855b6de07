import { describe, expect, it } from 'vitest'
import { translator } from '../text/index.ts'
import { activityText, categoryText } from './activity.ts'

describe('an audit line in words (ACC-11)', () => {
  it.each([
    ['one of its own', 'customer.deleted', 'Customer deleted'],
    ['known category and verb', 'contact.exported', 'Contacts: exported'],
    ['a verb we have no word for', 'contact.merged', 'Contacts: other change'],
    ['a newer server’s category', 'quantum.entangled', 'Other: other change'],
    ['a refusal', 'customer.deleted.refused', 'Refused: Customer deleted'],
    ['nothing at all', '', 'Other: other change'],
  ])('%s', (_, activity, words) => {
    expect(activityText(translator('en'), activity)).toBe(words)
  })

  it('in the reader’s language', () => {
    expect(activityText(translator('fr'), 'customer.deleted')).toBe('Client supprimé')
    expect(categoryText(translator('ja'), 'agent')).toBe('エージェント')
  })
})
