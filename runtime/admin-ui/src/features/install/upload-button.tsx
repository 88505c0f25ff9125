// The file picker.

import { Button, FileButton } from '@mantine/core'
import { useRef } from 'react'
import { Icon } from '../../components/icons.tsx'
import { t } from '../../languages/text.ts'
import { useUpload } from './upload-area.tsx'

export function UploadButton({ label = t('Upload plugin') }: { readonly label?: string }) {
  const upload = useUpload()
  const reset = useRef<() => void>(null)
  const pick = (files: File[]) => {
    upload(files)
    // Otherwise picking the same file again after a fix would not count as a change.
    reset.current?.()
  }
  return (
    <FileButton onChange={pick} accept=".zip,application/zip" multiple resetRef={reset}>
      {(props) => (
        <Button {...props} leftSection={<Icon name="upload" />}>
          {label}
        </Button>
      )}
    </FileButton>
  )
}
