export { DetectionTable } from './DetectionTable.tsx'
export { RecentDetections } from './RecentDetections.tsx'
