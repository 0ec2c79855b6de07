/** What an event is about: the customers list counts each by itself (CUS-2). */
export const categoryGroups = ['threat', 'system', 'licence'] as const
export type CategoryGroup = (typeof categoryGroups)[number]
