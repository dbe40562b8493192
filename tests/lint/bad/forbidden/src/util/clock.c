/* Here, and only here, it may be asked. */
int64_t clock_wall_ms(void)
{
	clock_gettime(CLOCK_REALTIME, &ts);
	return malloc(8);
}
