import { screen } from '../kit/screen.ts'

export const screens = [screen('/detections', () => import('./DetectionsPage.tsx'))]
