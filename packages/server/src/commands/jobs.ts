import { markDue } from '../assessment/index.ts'
import { defineJob } from '../jobs/index.ts'
import { addSteps } from './outcomes.ts'
import * as commands from './store.ts'

/** Commands whose time is up say so (R15), and the events they were to resolve are looked at again. Twice is harmless: an ended one is ended. */
export const endCommands = defineJob('commands.end', { everyMinutes: 1 }, async ({ db, now }) => {
  const ended = await commands.takeEnded(db, now)
  for (const [step, commands] of Map.groupBy(ended, (command) => command.step)) await addSteps(db, commands, step, now)
  await markDue(
    db,
    ended
      .filter(({ event_id }) => event_id !== null)
      .map((command) => ({ productId: command.product_id, customerId: command.customer_id })),
    now,
  )
})
export const commandJobs = [endCommands]
