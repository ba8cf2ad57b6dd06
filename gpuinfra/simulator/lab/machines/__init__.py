"""The lab's virtual machines: image, boot, power."""
