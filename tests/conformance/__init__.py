"""What each port promises, tested on every engine and every fake that stands for one."""
