// Receives packages: the whole page accepts zips that are dropped, `useUpload` those of the file picker, `useReview` any other.
// One package is reviewed at a time; the others wait in order.

import { notifications } from '@mantine/notifications'
import { createContext, lazy, type ReactNode, Suspense, useCallback, useContext, useState } from 'react'
import { type OfferedPackage, zipPackage } from '../../api/upload.ts'
import { useMay } from '../../app/session.ts'
import { t } from '../../languages/text.ts'
import { DropTarget } from './drop-target.tsx'

const ReviewDialog = lazy(async () => {
  const [{ ReviewDialog }] = await Promise.all([
    import('./review-dialog.tsx'),
    import('../../app/control-styles.ts'),
  ])
  return { default: ReviewDialog }
})

type Review = (packages: readonly OfferedPackage[]) => void

const ReviewContext = createContext<Review>(() => undefined)

/** Shows what each asks for, before it is installed. */
export function useReview(): Review {
  return useContext(ReviewContext)
}

/** Sends zip files to review. */
export function useUpload(): (files: readonly File[]) => void {
  const review = useReview()
  return useCallback((files) => review(zipsOf(files)), [review])
}

interface Waiting {
  readonly key: number
  readonly offered: OfferedPackage
}

export function UploadArea({ children }: { readonly children: ReactNode }) {
  const may = useMay()
  const [queue, setQueue] = useState<readonly Waiting[]>([])
  const add = useCallback<Review>((packages) => {
    setQueue((waiting) => {
      const next = (waiting.at(-1)?.key ?? Date.now()) + 1
      return [...waiting, ...packages.map((offered, index) => ({ key: next + index, offered }))]
    })
  }, [])
  const drop = useCallback((files: readonly File[]) => add(zipsOf(files)), [add])
  const current = queue[0]
  const next = useCallback(() => setQueue((waiting) => waiting.slice(1)), [])
  return (
    <ReviewContext value={add}>
      {children}
      {current === undefined && may('plugins.manage') && <DropTarget onDrop={drop} />}
      {current && (
        <Suspense>
          <ReviewDialog key={current.key} offered={current.offered} waiting={queue.length - 1} close={next} />
        </Suspense>
      )}
    </ReviewContext>
  )
}

/** Says which of the files is none. */
function zipsOf(files: readonly File[]): readonly OfferedPackage[] {
  const other = files.find((file) => !isZip(file))
  if (other) sayNotZip(other)
  return files.filter(isZip).map(zipPackage)
}

/** By name or type; the server checks the content. */
function isZip(file: File): boolean {
  return /\.(?:zip|plugbay)$/i.test(file.name) || /^application\/(?:x-)?zip/.test(file.type)
}

function sayNotZip(file: File): void {
  notifications.show({
    color: 'red',
    title: t('"{name}" is not a zip file', { name: file.name }),
    message: t('A plugin is a folder with a manifest.json, zipped. Zip the folder and drop the zip.'),
    autoClose: 10_000,
  })
}
