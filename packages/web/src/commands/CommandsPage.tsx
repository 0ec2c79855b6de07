import { load, Page, useCustomerFilter, useOriginFilters } from '../kit/index.ts'
import { commandList, CommandTable } from './CommandTable.tsx'

export const loader = load(commandList())

/** Everything that was ordered, by whom, and what became of it. */
export default function CommandsPage() {
  const filters = [...useCustomerFilter(), ...useOriginFilters()]
  return (
    <Page title="commands.title" about="commands.about" fills>
      <CommandTable filters={filters} />
    </Page>
  )
}
