// Asks for confirmation before something is done. The focus is on "Cancel" first.

import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { t } from '../languages/text.ts'

export interface ConfirmProps {
  readonly title: string
  readonly text: string
  /** What the button says that does it. */
  readonly label: string
  readonly isDangerous?: boolean
  readonly confirmed: () => void
  /** Called in either case. */
  readonly close: () => void
}

/** Open as long as it is mounted. */
export function Confirm({ title, text, label, isDangerous = false, confirmed, close }: ConfirmProps) {
  const decide = () => {
    close()
    confirmed()
  }
  return (
    <Modal opened onClose={close} title={<Text fw={600}>{title}</Text>}>
      <Stack>
        <Text size="sm">{text}</Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={close} data-autofocus>
            {t('Cancel')}
          </Button>
          <Button {...(isDangerous && { color: 'red' })} onClick={decide}>
            {label}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
