export { EventTable, eventList } from './EventTable.tsx'
export { eventTitle } from './words.ts'
