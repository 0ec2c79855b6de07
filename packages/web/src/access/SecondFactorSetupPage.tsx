import { meQuery } from '../kit/actor.ts'
import { useAddress, useGo } from '../kit/address.ts'
import { Page, Panel } from '../kit/Page.tsx'
import { paths, safeReturn } from '../kit/paths.ts'
import { queryClient } from '../kit/query.ts'
import { TotpSetup } from './TotpSetup.tsx'

/** ACC-6: of one's own will, from "My account". */
export default function SecondFactorSetupPage() {
  const go = useGo()
  const back = useAddress().search['return']
  const done = async () => {
    await queryClient.invalidateQueries({ queryKey: meQuery.queryKey })
    await go(back ? safeReturn(back) : paths.myAccount())
  }
  return (
    <Page
      title="access.mfa.set-up"
      about="access.second-factor.about"
      crumbs={[{ label: 'shell.my-account', to: paths.myAccount() }]}
      narrow
    >
      <Panel>
        <TotpSetup onDone={() => void done()} />
      </Panel>
    </Page>
  )
}
