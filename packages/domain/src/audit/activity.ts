import type { Translator } from '../text/index.ts'

/**
 * An activity in the reader's words. One that has no text of its own (a newer server's, a rare one) is told by its category and verb, so that a line
 * is never empty: `contact.merged` gives "Contacts: other change". `.refused` says what was refused.
 */
export function activityText(t: Translator, activity: string): string {
  const own = `audit-activity.${activity}`
  if (t.has(own)) return t(own)
  if (activity.endsWith('.refused')) return t('audit-refused', { activity: activityText(t, activity.slice(0, -'.refused'.length)) })
  const [category = '', ...verb] = activity.split('.')
  return t('audit-fallback', { category: categoryText(t, category), verb: orElse(t, `audit-verb.${verb.join('.')}`, 'audit-verb.other') })
}

/** First part of an activity, as the audit screen's filter names it. */
export const categoryText = (t: Translator, category: string): string => orElse(t, `audit-category.${category}`, 'audit-category.other')

const orElse = (t: Translator, key: string, fallback: string) => t(t.has(key) ? key : fallback)
