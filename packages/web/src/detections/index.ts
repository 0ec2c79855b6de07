import { screen } from '../kit/index.ts'

export { DetectionTable } from './DetectionTable.tsx'
export { RecentDetections } from './RecentDetections.tsx'

export const screens = [screen('/detections', () => import('./DetectionsPage.tsx'))]
