import { useRouter, type ErrorComponentProps } from '@tanstack/react-router'
import { Problem } from '@vigie/domain/kernel'
import { Empty } from '../kit/Empty.tsx'
import { Trouble } from '../kit/ErrorBoundary.tsx'
import { Link } from '../kit/Link.tsx'
import { Page } from '../kit/Page.tsx'
import { paths } from '../kit/paths.ts'
import { useText } from '../kit/text.tsx'
import { buttonClass } from '../ui/Button.tsx'

/** The frame's place, as `index.html` has it, until the first screen is there. */
export const FirstPaint = () => (
  <div className="first-paint">
    <div />
    <div />
  </div>
)

export function NotFoundPage() {
  const say = useText()
  return (
    <Page title="kit.not-found">
      <Empty
        about="kit.not-found.about"
        icon="search"
        action={
          <Link to={paths.home()} className={buttonClass()}>
            {say('kit.not-found.home')}
          </Link>
        }
      />
    </Page>
  )
}

/** A screen that could not get its data: what does not exist reads like any wrong address, the rest tells the way out. */
export function TroublePage({ error, reset }: ErrorComponentProps) {
  const router = useRouter()
  if (error instanceof Problem && error.kind.status === 404) return <NotFoundPage />
  return (
    <Page title="kit.trouble" narrow>
      <Trouble
        error={error}
        retry={() => {
          reset()
          void router.invalidate()
        }}
      />
    </Page>
  )
}
