import { Suspense, type ReactNode } from 'react'
import { ErrorBoundary } from './ErrorBoundary.tsx'
import { Bars } from './Skeleton.tsx'

/** A part of a page that brings its own data: bars until it is there, its trouble in its own place. Give `key` where it is about another thing than before. */
export function Part({ children, rows = 8 }: { children: ReactNode; rows?: number }) {
  return (
    <ErrorBoundary>
      <Suspense fallback={<Bars rows={rows} />}>{children}</Suspense>
    </ErrorBoundary>
  )
}
