import { screen } from '../kit/screen.ts'

export const screens = [screen('/administration/agent-versions', () => import('./AgentVersionsPage.tsx'))]
