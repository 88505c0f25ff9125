// The look of the page: system fonts only, since no outside resource is loaded.

import { Alert, createTheme, Notification, Switch } from '@mantine/core'

export const theme = createTheme({
  primaryColor: 'cyan',
  primaryShade: { light: 8, dark: 7 },
  autoContrast: true,
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif',
  components: {
    // Outlined, so that their content keeps its contrast in light and dark.
    Alert: Alert.extend({ defaultProps: { variant: 'outline' } }),
    Notification: Notification.extend({ defaultProps: { closeButtonProps: { 'aria-label': 'Dismiss' } } }),
    Switch: Switch.extend({ defaultProps: { withThumbIndicator: false } }),
  },
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
})
