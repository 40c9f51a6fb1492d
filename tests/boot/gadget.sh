# In the guest, as root: a USB printer of the kernel's own making, on a port of its own (dummy_hcd).
set -eu
modprobe libcomposite
modprobe dummy_hcd
modprobe usb_f_printer
cd /sys/kernel/config/usb_gadget
mkdir printer
cd printer
echo 0x04b8 >idVendor
echo 0x0e15 >idProduct
mkdir strings/0x409 configs/c.1 functions/printer.0
echo SIM1 >strings/0x409/serialnumber
echo EPSON >strings/0x409/manufacturer
echo TM-T20II >strings/0x409/product
echo 'MFG:EPSON;MDL:TM-T20II;CMD:ESC/POS;' >functions/printer.0/pnp_string
ln -s functions/printer.0 configs/c.1
ls /sys/class/udc >UDC
udevadm settle
