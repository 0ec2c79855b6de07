import { useQueryClient } from '@tanstack/react-query'
import { Component, useEffect, type ReactNode } from 'react'
import { Button, buttonClass } from '../ui/Button.tsx'
import { loadAnew } from './anew.ts'
import { Link } from './Link.tsx'
import { Notice } from './Notice.tsx'
import { isMissingPart } from './parts.ts'
import { describe, isRetryable, placeOfRemedy } from './problems.ts'
import { useText } from './text.tsx'

/** A part of a screen that failed says so in its place; the rest goes on. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state = { error: null as unknown }
  static getDerivedStateFromError(error: unknown) {
    return { error }
  }
  override render() {
    if (this.state.error === null) return this.props.children
    return <Trouble error={this.state.error} retry={() => this.setState({ error: null })} />
  }
}

/** What happened, the way out, and "try again" where that can help. */
export function Trouble({ error, retry }: { error: unknown; retry: () => void }) {
  const say = useText()
  const client = useQueryClient()
  const { title, remedy } = describe(error, say)
  const place = placeOfRemedy(error)
  useEffect(() => {
    if (isMissingPart(error)) void loadAnew()
  }, [error])
  return (
    <Notice
      tone="action-required"
      title={{ text: title }}
      action={
        place !== null ? (
          <Link className={buttonClass()} to={place}>
            {say('kit.consent.open')}
          </Link>
        ) : (
          isRetryable(error) && (
            <Button onClick={() => void client.resetQueries({ predicate: (query) => query.state.status === 'error' }).then(retry)}>
              {say('kit.retry')}
            </Button>
          )
        )
      }
    >
      {remedy}
    </Notice>
  )
}
