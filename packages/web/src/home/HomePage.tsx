import { buttonClass, lazily, Link, Notice, Page, Part, paths, Stack, useActor, useText } from '../kit/index.ts'
import type { Address } from '../kit/address.ts'
import { loadHome } from '../text/load.ts'

/** In a chunk of its own with its texts: this is where most people arrive, and the frame is there before the figures are. */
const bring = async () => {
  const [home] = await Promise.all([import('./Home.tsx'), loadHome()])
  return home
}
const Home = lazily(bring, 'Home')
export const loader = async (at: Address) => await (await bring()).loader(at)

/** What needs somebody now, as each likes to see it; on a new installation, how to begin. */
export default function HomePage() {
  const say = useText()
  const actor = useActor()
  return (
    <Page title="home.title" hidesTitle>
      <Stack>
        {!actor.account.hasMfa && (
          <Notice
            title="home.second-factor"
            action={
              <Link className={buttonClass()} to={paths.secondFactorSetup({ return: paths.home() })}>
                {say('home.second-factor.set-up')}
              </Link>
            }
          >
            {say('home.second-factor.about')}
          </Notice>
        )}
        <Part>
          <Home />
        </Part>
      </Stack>
    </Page>
  )
}
