import './ui/no-eval.ts'
import './ui/styles.ts'
import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { bringPart } from './kit/anew.ts'
import { watchParts } from './kit/parts.ts'
import { queryClient } from './kit/query.ts'
import { startLanguage, Language } from './shell/Language.tsx'
import { createConsole } from './shell/router.tsx'
import { themeManager } from './shell/theme.ts'
import { theme } from './ui/theme.ts'

watchParts()

// The words must be there before the first of them is drawn; code of the screen is fetched meanwhile.
const router = createConsole()
const start = await bringPart(startLanguage)

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      colorSchemeManager={themeManager}
      defaultColorScheme="auto"
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <QueryClientProvider client={queryClient}>
        <Language start={start}>
          <RouterProvider router={router} />
        </Language>
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
)
